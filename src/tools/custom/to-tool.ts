// A defined tool as a tool that agents call. What a model writes fills named places only: it never becomes another address, another
// header, or code.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { served } from '../builtin/service-client.ts';
import { exchange } from '../exchange.ts';
import type { GuardedFetch } from '../http-guard.ts';
import type { Sandbox } from '../sandbox.ts';
import { defineTool, type Json, type Tool, type ToolContext, type ToolResult, toolFailure } from '../tool.ts';
import type { Implementation, ToolParameter, ValidationRule } from './contract.ts';
import type { CustomToolRow } from './repository.ts';

export interface CustomToolDeps {
  fetch: GuardedFetch;
  sandbox: Pick<Sandbox, 'run'>;
  /** @throws AppError when they cannot be read any more */
  headersOf(row: CustomToolRow): Record<string, string>;
}

type Input = Record<string, unknown>;

/** The same for `{name}` in a path or query, wherever it is looked at. */
const PLACE = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function toTool(row: CustomToolRow, deps: CustomToolDeps): Tool {
  const { implementation } = row;
  const { name, description, parameters, effect, permissions, audience, timeoutMs } = row;
  const definition = [name, description, parameters, implementation, effect, row.headerNames];
  return defineTool<Input>({
    name,
    description,
    input: schemaOf(parameters),
    effect,
    timeoutMs: timeoutMs + 5000,
    permissions,
    audience,
    fingerprint: createHash('sha256').update(JSON.stringify(definition)).digest('base64url'),
    preview: (input) =>
      implementation.kind === 'http'
        ? describe(implementation, input)
        : `Runs the program ${name} with ${JSON.stringify(input)}`,
    execute: (input, ctx) =>
      implementation.kind === 'http'
        ? served(ctx, () => overHttp(implementation, row, input, ctx, deps))
        : served(ctx, () => inSandbox(implementation, row, input, ctx, deps)),
  });
}

/** The input's schema; whatever is not a parameter is refused. */
function schemaOf(parameters: readonly ToolParameter[]): z.ZodType<Input> {
  const fields = parameters.map((parameter) => {
    const field = fieldOf(parameter).describe(parameter.description);
    return [parameter.name, parameter.required ? field : field.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(fields));
}

function fieldOf({ type, validation = [] }: ToolParameter): z.ZodType {
  const rule = <R extends ValidationRule['rule']>(name: R) =>
    validation.find((candidate) => candidate.rule === name) as
      | Extract<ValidationRule, { rule: R }>
      | undefined;
  const [min, max] = [rule('min')?.value, rule('max')?.value];
  const [least, most] = [rule('minLength')?.value ?? 0, rule('maxLength')?.value];
  if (type === 'boolean') return z.boolean();
  if (type === 'object') return z.record(z.string(), z.json());
  if (type === 'array')
    return z
      .array(z.json())
      .min(least)
      .max(most ?? 1000);
  if (type === 'number') {
    const field = z.number();
    const atLeast = min === undefined ? field : field.min(min);
    return max === undefined ? atLeast : atLeast.max(max);
  }
  const allowed = rule('enum')?.value;
  if (allowed !== undefined) return z.enum(allowed as [string, ...string[]]);
  const format = rule('format')?.value;
  if (format === 'email') return z.email();
  if (format === 'url') return z.url({ protocol: /^https?$/ });
  if (format === 'uuid') return z.uuid();
  if (format === 'date-time') return z.iso.datetime({ offset: true });
  return z
    .string()
    .min(least)
    .max(most ?? 20_000);
}

/** Why an address cannot be a template; undefined when it can. Its origin is fixed: places stand behind it only. */
export function problemOfUrl(url: string, parameters: readonly ToolParameter[]): string | undefined {
  const filled = url.replaceAll(PLACE, 'x');
  if (!URL.canParse(filled) || !/^https?:\/\//.test(url)) return 'is an http or https address';
  const { origin, username, password, hash } = new URL(filled);
  if (username !== '' || password !== '' || hash !== '') return 'has no user name and no fragment';
  if (!url.toLowerCase().startsWith(origin) || url.slice(0, origin.length).includes('{'))
    return 'names its host in full';
  const known = new Set(parameters.map(({ name }) => name));
  const unknown = [...url.matchAll(PLACE)].find(([, name]) => !known.has(name as string));
  return unknown === undefined ? undefined : `has {${unknown[1]}}, which is no parameter`;
}

/** The address and body that an input makes. */
function requestOf({ method, url }: Implementation & { kind: 'http' }, input: Input) {
  const used = new Set<string>();
  const filled = url.replaceAll(PLACE, (_, name: string) => {
    used.add(name);
    const value = input[name];
    return encodeURIComponent(value === undefined ? '' : asText(value));
  });
  const rest = Object.entries(input).filter(([name, value]) => !used.has(name) && value !== undefined);
  const address = new URL(filled);
  // A value such as ".." would climb out of its place.
  const path = filled.slice(address.origin.length).replace(/\?.*$/, '');
  if (path.split('/').some((part) => /^(?:\.|%2e){1,2}$/i.test(part)))
    throw new AppError('invalid', 'invalid_input', 'A value in the address may not be "." or "..".');
  const inQuery = method === 'GET' || method === 'DELETE';
  if (inQuery) for (const [name, value] of rest) address.searchParams.append(name, asText(value));
  return { url: address.href, body: inQuery ? undefined : JSON.stringify(Object.fromEntries(rest)) };
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function describe(implementation: Implementation & { kind: 'http' }, input: Input): string {
  const { url, body } = requestOf(implementation, input);
  return `${implementation.method} ${url}${body === undefined ? '' : `\n${body}`}`;
}

async function overHttp(
  implementation: Implementation & { kind: 'http' },
  row: CustomToolRow,
  input: Input,
  ctx: ToolContext,
  { fetch, headersOf }: CustomToolDeps,
): Promise<ToolResult> {
  const { url, body } = requestOf(implementation, input);
  const { origin } = new URL(url);
  const headers = headersOf(row);
  const result = await exchange(
    fetch,
    {
      method: implementation.method,
      url,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body,
      // Its credentials are for this service alone.
      mayVisit: (hop) => hop.origin === origin,
    },
    ctx,
  );
  if (!result.ok) return result;
  const answer = result.output as {
    status: number;
    headers: { [name: string]: Json };
    body: string;
    cut: boolean;
  };
  if (answer.status >= 400)
    return toolFailure(
      'service_refused',
      `${row.name} answered ${answer.status}: ${answer.body.slice(0, 500)}`,
    );
  const isJson = /\bjson\b/.test(String(answer.headers['content-type'] ?? '')) && !answer.cut;
  return {
    ok: true,
    output: isJson ? parsed(answer.body) : answer.body,
    summary: `${row.name}: ${answer.status}`,
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

async function inSandbox(
  { code, language }: Implementation & { kind: 'code' },
  row: CustomToolRow,
  input: Input,
  ctx: ToolContext,
  { sandbox }: CustomToolDeps,
): Promise<ToolResult> {
  const done = await sandbox.run({
    code,
    language,
    input: input as Json,
    now: ctx.now,
    signal: ctx.signal,
    limits: { timeMs: row.timeoutMs },
  });
  return done.ok
    ? { ok: true, output: done.output, summary: row.name }
    : toolFailure(done.error.code, done.error.message);
}
