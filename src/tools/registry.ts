// All tools of this server by name. Must never decide who may use one.
import type { Tool } from './tool.ts';

export interface ToolRegistry {
  find(name: string): Tool | undefined;
  /** By name. */
  list(): readonly Tool[];
  names(): string[];
}

/** @throws Error when two tools share a name */
export function createToolRegistry(tools: readonly Tool[]): ToolRegistry {
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    if (byName.has(tool.name)) throw new Error(`Two tools are named ${tool.name}; rename one.`);
    byName.set(tool.name, tool);
  }
  const sorted = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    find: (name) => byName.get(name),
    list: () => sorted,
    names: () => sorted.map((tool) => tool.name),
  };
}
