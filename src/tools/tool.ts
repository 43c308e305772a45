// What a tool is: a described, typed action an agent may take, with its effect and limits stated as data.
// Must never decide who may call it; that is run-tool's work. A tool's failure is a value, for the model to read.
import { z } from 'zod';

/** From harmless to final. `pure` depends on its input alone, `read` looks at the world, the rest change it. */
export type ToolEffect = 'pure' | 'read' | 'write_internal' | 'write_external' | 'irreversible';

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface ToolContext {
  tenantId: string;
  agentId: string;
  runId: string;
  roomId: string;
  /** The person or agent on whose behalf the tool is called. */
  asker: { userId: string; name: string };
  /** The message that caused the run. */
  triggerMessageId?: string;
  now: Date;
  signal: AbortSignal;
  /** The same for every try of one call; for services that take such a key. */
  idempotencyKey?: string;
}

export type ToolResult = { ok: true; output: Json; summary?: string } | { ok: false; error: ToolError };

/** What became of an earlier try whose result was lost. */
export type Verified =
  | { outcome: 'happened'; result: ToolResult }
  | { outcome: 'not_happened' }
  | { outcome: 'unknown' };

export interface ToolError {
  /** Stable snake_case word. */
  code: string;
  /** A sentence the model can act on. */
  message: string;
}

export interface Tool<I = unknown> {
  name: string;
  /** For the model: what it does and when to use it. */
  description: string;
  input: z.ZodType<I>;
  /** The JSON Schema of the input as someone else wrote it; without it, it is made from `input`. */
  parameters?: Record<string, unknown>;
  effect: ToolEffect;
  timeoutMs: number;
  /** What the asker must be: `room_admin`, `agent_owner`, `admin`. */
  permissions: readonly string[];
  /** Who may read what it finds: everyone in the room, which is the default, or only who asked. */
  audience?: 'room' | 'asker';
  /** How long a result may be given again for the same call, in ms; only for `pure` and `read`. */
  cacheMs?: number;
  /** Given to a new agent unless its maker says otherwise. */
  byDefault?: boolean;
  /** Why it cannot be used on this server, and what its operator does about it. */
  unavailable?: string;
  /** It changes nothing but what is the agent's own, so it may be used where nobody asked. */
  ownAffairs?: boolean;
  /** Every agent has it, whatever its profile says. */
  everyAgent?: boolean;
  /** Returns failures it foresees as values; whatever it throws is a defect. */
  execute(input: I, ctx: ToolContext): Promise<ToolResult>;
  /** What a call would do, in words for the person who approves it. Must change nothing. */
  preview?(input: I, ctx: ToolContext): string | Promise<string>;
  /** True when calling again with the same `idempotencyKey` does nothing more. */
  idempotent?: boolean;
  /** Finds out what became of an earlier call with the same `idempotencyKey`. Must change nothing. */
  verify?(input: I, ctx: ToolContext): Promise<Verified>;
  /** What else defines it, such as an address or code: an approval holds only as long as it stays the same. */
  fingerprint?: string;
}

/** Ties the type of `execute`'s input to the schema, and lets tools of all inputs share a list. */
export function defineTool<I>(tool: Tool<I>): Tool {
  return tool as unknown as Tool;
}

export const toolFailure = (code: string, message: string): ToolResult => ({
  ok: false,
  error: { code, message },
});

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; required?: string[] };

/** JSON Schema (draft 2020-12) of a tool's input, as models take it: always of one object. */
export function toolParameters(tool: Tool): Record<string, unknown> {
  const { $schema: _, ...schema } =
    tool.parameters ?? (z.toJSONSchema(tool.input, { io: 'input' }) as Schema);
  const variants = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined;
  return variants === undefined || tool.parameters !== undefined ? schema : merged(variants);
}

/** Models take no alternatives at the top: all fields of all variants, required where they always are. */
function merged(variants: readonly Schema[]): Schema {
  const properties: Record<string, Schema> = {};
  for (const variant of variants)
    for (const [name, field] of Object.entries(variant.properties ?? {})) {
      const values = [...valuesOf(properties[name]), ...valuesOf(field)];
      properties[name] =
        values.length === 0 ? (properties[name] ?? field) : { type: 'string', enum: [...new Set(values)] };
    }
  const required = Object.keys(properties).filter((name) =>
    variants.every((variant) => variant.required?.includes(name)),
  );
  return { type: 'object', properties, required, additionalProperties: false };
}

const valuesOf = (field: Schema | undefined): unknown[] =>
  field?.const !== undefined ? [field.const] : Array.isArray(field?.enum) ? field.enum : [];

/** Input as a model wrote it, checked; a mismatch is a failure that names each field. */
export function parseToolInput<I>(
  tool: Tool<I>,
  input: unknown,
): { ok: true; input: I } | { ok: false; error: ToolError } {
  const parsed = tool.input.safeParse(input);
  if (parsed.success) return { ok: true, input: parsed.data };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
  return {
    ok: false,
    error: {
      code: 'invalid_input',
      message: `The input of ${tool.name} is not valid. ${problems.join('; ')}`,
    },
  };
}

/** A result as the text a model reads: the output as JSON, or `{"error": {code, message}}`. */
export function toolResultText(result: ToolResult): { result: string; isError: boolean } {
  return result.ok
    ? { result: JSON.stringify(result.output), isError: false }
    : { result: JSON.stringify({ error: result.error }), isError: true };
}
