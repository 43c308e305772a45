// The wire of tools that people define: what it takes, and how it is carried out: by a request to their own service, or by a
// program in the sandbox.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Id, Page, Timestamp } from '../../server/identity/contract.ts';

/** What a value must keep to besides its type. */
export const ValidationRule = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('min'), value: z.number() }),
  z.strictObject({ rule: z.literal('max'), value: z.number() }),
  z.strictObject({ rule: z.literal('minLength'), value: z.number().int().min(0) }),
  z.strictObject({ rule: z.literal('maxLength'), value: z.number().int().min(0) }),
  z.strictObject({ rule: z.literal('enum'), value: z.array(z.string().max(200)).min(1).max(100) }),
  z.strictObject({ rule: z.literal('format'), value: z.enum(['email', 'url', 'uuid', 'date-time']) }),
]);
export type ValidationRule = z.infer<typeof ValidationRule>;

export const ToolParameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,39}$/, 'has letters, digits and "_", at most 40'),
  type: z.enum(['string', 'number', 'boolean', 'array', 'object']),
  description: z.string().trim().min(1).max(500),
  required: z.boolean().default(true),
  validation: z.array(ValidationRule).max(10).optional(),
});
export type ToolParameter = z.infer<typeof ToolParameter>;

const HttpTool = z.strictObject({
  kind: z.literal('http'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  /** `{name}` in the path or query is filled with a parameter; the rest go into the query, or into the body as JSON. */
  url: z.string().min(8).max(1000),
});
const CodeTool = z.strictObject({
  kind: z.literal('code'),
  language: z.enum(['javascript', 'typescript']).default('javascript'),
  /** The body of an async function of `input`; it returns the result. */
  code: z.string().min(1).max(50_000),
});
export const Implementation = z.discriminatedUnion('kind', [HttpTool, CodeTool]);
export type Implementation = z.infer<typeof Implementation>;

const settings = {
  description: z.string().trim().min(1).max(1000),
  parameters: z
    .array(ToolParameter)
    .max(30)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'has each name once'),
  implementation: Implementation,
  /** What calling it does. A program in the sandbox is always `pure`. */
  effect: z.enum(['pure', 'read', 'write_external', 'irreversible']).default('write_external'),
  permissions: z
    .array(z.enum(['room_admin', 'agent_owner', 'admin']))
    .max(3)
    .default([]),
  audience: z.enum(['room', 'asker']).default('room'),
  timeoutMs: z.number().int().min(1000).max(30_000).default(15_000),
};

const Headers = z
  .record(
    z.string().regex(/^[A-Za-z0-9-]{1,100}$/),
    z
      .string()
      .min(1)
      .max(4096)
      .regex(/^[\x20-\x7e]*$/),
  )
  .refine((headers) => Object.keys(headers).length <= 20, 'has at most 20 headers');

const ToolName = z
  .string()
  .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, 'is in snake_case, like order_status')
  .max(40);

export const CustomTool = z.object({
  id: Id,
  ownerId: Id,
  name: z.string(),
  ...settings,
  /** JSON Schema of its input, as models read it. */
  inputSchema: z.record(z.string(), z.unknown()),
  /** Names of the headers that go with every request; their values are never shown. */
  headerNames: z.array(z.string()),
  /** Every agent of the server may be given it. */
  shared: z.boolean(),
  isActive: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type CustomTool = z.infer<typeof CustomTool>;

const tag = 'Tools';
const signedIn = { tag, permission: 'signed_in' as const };
const tool = { toolId: Id };

export const listCustomTools = defineOperation({
  ...signedIn,
  name: 'custom_tools.list',
  summary: 'Tools that I defined; with scope=all those of everyone (administrators)',
  rest: { method: 'get', path: '/api/tools/custom' },
  input: z.object({ ...Page, scope: z.enum(['mine', 'all']).default('mine') }),
  output: z.object({ data: z.array(CustomTool), nextCursor: z.string().optional() }),
  effect: 'read',
});
export const createCustomTool = defineOperation({
  ...signedIn,
  name: 'custom_tools.create',
  summary: 'Define a tool for my agents',
  description:
    'Only agents that I answer for may be given it, unless an administrator shares it. `headers` are sealed, sent to its address only, and never shown.',
  rest: { method: 'post', path: '/api/tools/custom', status: 201 },
  input: z.strictObject({
    name: ToolName,
    ...settings,
    headers: Headers.default({}),
    shared: z.boolean().default(false),
  }),
  output: CustomTool,
  effect: 'reversible',
  rate: { bucket: 'custom_tools.create', points: 60, seconds: 60 },
});
export const getCustomTool = defineOperation({
  ...signedIn,
  name: 'custom_tools.get',
  summary: 'One tool that I defined',
  rest: { method: 'get', path: '/api/tools/custom/:toolId' },
  input: z.object(tool),
  output: CustomTool,
  effect: 'read',
});
export const updateCustomTool = defineOperation({
  ...signedIn,
  name: 'custom_tools.update',
  summary: 'Change a tool that I defined; what is left out stays',
  description: 'What waits for approval of the tool as it was cannot be approved any more.',
  rest: { method: 'put', path: '/api/tools/custom/:toolId' },
  input: z.strictObject({
    ...tool,
    description: settings.description.optional(),
    parameters: settings.parameters.optional(),
    implementation: Implementation.optional(),
    effect: settings.effect.unwrap().optional(),
    permissions: settings.permissions.unwrap().optional(),
    audience: settings.audience.unwrap().optional(),
    timeoutMs: settings.timeoutMs.unwrap().optional(),
    headers: Headers.optional(),
    shared: z.boolean().optional(),
    isActive: z.boolean().optional(),
  }),
  output: CustomTool,
  effect: 'reversible',
});
export const deleteCustomTool = defineOperation({
  ...signedIn,
  name: 'custom_tools.delete',
  summary: 'Remove a tool that I defined: no agent has it any more',
  rest: { method: 'delete', path: '/api/tools/custom/:toolId' },
  input: z.object(tool),
  output: z.object({ deleted: z.literal(true) }),
  effect: 'irreversible',
});
