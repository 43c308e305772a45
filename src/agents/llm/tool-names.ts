// Model APIs allow only letters, digits, _ and - in tool names; ours may have dots. Maps there and back for one request.
import type { LlmTool } from './llm.ts';

export interface ToolNames {
  toWire(name: string): string;
  /** Unknown names come back as they are: a model may invent a tool, and the loop must be able to say so. */
  fromWire(name: string): string;
}

/** Names at most 64 long; two tools that would collide get a numbered suffix. */
export function toolNames(tools: readonly Pick<LlmTool, 'name'>[]): ToolNames {
  const wire = new Map<string, string>();
  const own = new Map<string, string>();
  const add = (name: string): string => {
    const base = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || '_';
    let candidate = base;
    for (let n = 2; own.has(candidate); n++) candidate = `${base.slice(0, 60)}_${n}`;
    wire.set(name, candidate);
    own.set(candidate, name);
    return candidate;
  };
  // Names that need no change go first, so that none of them is renamed by a collision.
  for (const { name } of tools) if (/^[a-zA-Z0-9_-]{1,64}$/.test(name) && !wire.has(name)) add(name);
  for (const { name } of tools) if (!wire.has(name)) add(name);
  return {
    toWire: (name) => wire.get(name) ?? add(name),
    fromWire: (name) => own.get(name) ?? name,
  };
}

/** Arguments a model wrote, parsed. Empty text means no arguments. Never throws. */
export function parseToolArgs(text: string): { args: unknown; invalidArgs?: string } {
  if (text.trim() === '') return { args: {} };
  try {
    return { args: JSON.parse(text) };
  } catch {
    return { args: undefined, invalidArgs: text };
  }
}
