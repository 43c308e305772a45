// What a server says about a tool of its: read with limits, named, and hashed, so that what a person agreed to is what is used.
// Pure. Must never trust a hint of the server: an effect is the owner's to say.
import { createHash } from 'node:crypto';
import type { Json } from '../tool.ts';
import type { McpEffect } from './tables.ts';

export interface McpDefinition {
  name: string;
  title?: string;
  description?: string;
  inputSchema: { [key: string]: Json };
  annotations?: { [key: string]: Json };
}

const MAX_DEFINITION_CHARS = 16_000;
const MAX_DEPTH = 24;
const MAX_NAME_CHARS = 64;
const MAX_DESCRIPTION_CHARS = 2000;

/** Undefined for what is too large or too deep, has no proper name, or takes no object. */
export function readDefinition(offered: unknown): McpDefinition | undefined {
  if (!isObject(offered) || !isSmall(offered)) return undefined;
  const { name, title, description, inputSchema, annotations } = offered;
  if (typeof name !== 'string' || !/^[\w.:/-]{1,128}$/.test(name)) return undefined;
  if (!isObject(inputSchema) || inputSchema.type !== 'object') return undefined;
  return {
    name,
    ...(typeof title === 'string' ? { title: clean(title).slice(0, 200) } : {}),
    ...(typeof description === 'string'
      ? { description: clean(description).slice(0, MAX_DESCRIPTION_CHARS).toWellFormed() }
      : {}),
    inputSchema,
    ...(isObject(annotations) ? { annotations } : {}),
  };
}

export const definitionHash = (definition: McpDefinition): string =>
  createHash('sha256').update(canonical(definition)).digest('hex');

/** `server__tool`, as models may call it: letters, digits, `_` and `-`, 64 at most, and no two the same for different tools. */
export function agentToolName(server: string, tool: string): string {
  const plain = `${server}__${tool.replaceAll(/[^\w-]/g, '_')}`;
  if (plain === `${server}__${tool}` && plain.length <= MAX_NAME_CHARS) return plain;
  const mark = createHash('sha256').update(tool).digest('hex').slice(0, 8);
  return `${plain.slice(0, MAX_NAME_CHARS - 9)}_${mark}`;
}

/** What the server hints at; an owner may say otherwise when agreeing. */
export function suggestedEffect({ annotations }: McpDefinition): McpEffect {
  if (annotations?.readOnlyHint === true) return 'read';
  return annotations?.destructiveHint === true ? 'irreversible' : 'write_external';
}

/** The same text for the same definition, in whatever order its keys come. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${entries.join()}}`;
}

/** Also keeps what follows from running out of stack. */
function isSmall(value: unknown): boolean {
  try {
    return JSON.stringify(value).length <= MAX_DEFINITION_CHARS && depthOf(value) <= MAX_DEPTH;
  } catch {
    return false;
  }
}

function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > 32) return depth;
  return Math.max(depth, ...Object.values(value).map((entry) => depthOf(entry, depth + 1)));
}

const isObject = (value: unknown): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// Control and invisible formatting characters: what a person cannot see, a model should not read.
const clean = (text: string): string => text.replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, '');
