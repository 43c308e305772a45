// Whether the arguments of a call keep to a grant's rules. Pure. Text of a model is compared, never evaluated.
import type { ArgumentRule } from './contract.ts';

/** What is wrong with the first argument that breaks its rule, in words for the model; undefined when all hold. */
export function firstMisfit(rules: Record<string, ArgumentRule>, args: unknown): string | undefined {
  for (const [path, rule] of Object.entries(rules)) {
    const value = valueAt(args, path);
    if (value === undefined) {
      if (rule.optional === true) continue;
      return `The argument "${path}" must be given.`;
    }
    const problem = problemOf(rule, value);
    if (problem !== undefined) return `The argument "${path}" ${problem}.`;
  }
  return undefined;
}

function valueAt(args: unknown, path: string): unknown {
  let at: unknown = args;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function problemOf(rule: ArgumentRule, value: unknown): string | undefined {
  if (rule.oneOf !== undefined && !rule.oneOf.some((allowed) => allowed === value))
    return `must be one of: ${rule.oneOf
      .map((allowed) => JSON.stringify(allowed))
      .join(', ')
      .slice(0, 300)}`;
  if (rule.hosts !== undefined && !hasHost(value, rule.hosts))
    return `must be an address of: ${rule.hosts.join(', ').slice(0, 300)}`;
  if (rule.startsWith !== undefined && !(typeof value === 'string' && value.startsWith(rule.startsWith)))
    return `must begin with "${rule.startsWith}"`;
  if (rule.min !== undefined && !(typeof value === 'number' && value >= rule.min))
    return `must be at least ${rule.min}`;
  if (rule.max !== undefined && !(typeof value === 'number' && value <= rule.max))
    return `must be at most ${rule.max}`;
  if (rule.maxLength !== undefined && !(hasLength(value) && value.length <= rule.maxLength))
    return `may have ${rule.maxLength} characters or entries`;
  return undefined;
}

const hasLength = (value: unknown): value is string | unknown[] =>
  typeof value === 'string' || Array.isArray(value);

/** By the parsed host: text that only begins like an address fools nobody. */
export function hasHost(value: unknown, hosts: readonly string[]): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { hostname, protocol, username, password } = new URL(value);
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return false;
  return hosts.some((host) => {
    const wanted = host.toLowerCase();
    return wanted.startsWith('*.')
      ? hostname.endsWith(wanted.slice(1)) && hostname.length > wanted.length - 1
      : hostname === wanted;
  });
}
