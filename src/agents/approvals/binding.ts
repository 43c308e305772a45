// What an approval is bound to, as hashes: the tool as it is defined, the exact arguments, what the person was shown. Pure.
// Two values that mean the same must hash the same, whatever order their keys came in.
import { createHash } from 'node:crypto';
import { type Tool, toolParameters } from '../../tools/service.ts';

/** JSON with sorted keys: one text for one value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Changes with anything that could make the same arguments do something else. */
export const toolHash = (tool: Tool): string =>
  hashOf(
    canonicalJson({
      name: tool.name,
      description: tool.description,
      parameters: toolParameters(tool),
      effect: tool.effect,
      permissions: tool.permissions,
      fingerprint: tool.fingerprint,
    }),
  );

export const argumentsHash = (args: unknown): string => hashOf(canonicalJson(args ?? {}));

/** True if every named argument of `fixed` is exactly so in `args`. */
export const hasFixed = (args: Record<string, unknown>, fixed: Record<string, unknown>): boolean =>
  Object.entries(fixed).every(([name, value]) => canonicalJson(args[name]) === canonicalJson(value));
