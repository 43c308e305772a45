// The wire of slash commands: what may be called in a room, by text or by typed options, and what comes back.
import { z } from 'zod';
import { defineEvent, defineOperation } from '../../core/contract.ts';
import { Card } from '../cards/contract.ts';
import { Id, Timestamp } from '../identity/contract.ts';
import { RoomKey } from '../rooms/contract.ts';

const Name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'is 1 to 32 lower case letters, digits, _ or -, a letter first');

const Choice = z.strictObject({ value: z.string().min(1).max(100), label: z.string().min(1).max(80) });

export const CommandOption = z
  .strictObject({
    name: Name,
    description: z.string().max(200).default(''),
    type: z.enum(['string', 'integer', 'number', 'boolean', 'user', 'room', 'choice']),
    required: z.boolean().default(false),
    /** Of a number the least and most, of a string its length. */
    min: z.number().optional(),
    max: z.number().optional(),
    /** Of a choice all there are; of a string what is suggested while it is written. */
    choices: z.array(Choice).min(1).max(50).optional(),
  })
  .refine(({ type, choices }) => type !== 'choice' || choices !== undefined, {
    path: ['choices'],
    error: 'are needed for an option of type choice',
  })
  .refine(({ type, choices }) => choices === undefined || type === 'choice' || type === 'string', {
    path: ['choices'],
    error: 'belong to options of type choice or string',
  });
export type CommandOption = z.output<typeof CommandOption>;

const Options = z
  .array(CommandOption)
  .max(10, 'has at most 10 options')
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'needs names that differ')
  .refine(
    (all) => all.every((one, i) => !one.required || i === 0 || all[i - 1]?.required === true),
    'has required options first',
  );

export const Command = z.object({
  /** Of one that was added; those that are built in have none. */
  id: Id.optional(),
  name: z.string(),
  description: z.string(),
  options: z.array(CommandOption),
  scope: z.enum(['builtin', 'tenant', 'room']),
  handler: z.enum(['builtin', 'agent', 'webhook']),
  agentId: Id.optional(),
  roomId: Id.optional(),
});
export type Command = z.output<typeof Command>;

const OptionValue = z.union([z.string().max(4000), z.number(), z.boolean()]);

export const CommandReply = z.object({
  /** private: nobody else gets it, and it stands in no room. */
  visibility: z.enum(['private', 'room']),
  body: z.string(),
  card: Card.optional(),
});
export type CommandReply = z.output<typeof CommandReply>;

export const CommandResult = z.object({
  reply: CommandReply.optional(),
  /** The message that it became, or that an agent will answer with. */
  messageId: Id.optional(),
  runId: Id.optional(),
});
export type CommandResult = z.output<typeof CommandResult>;

const tag = 'Commands';

export const listCommands = defineOperation({
  name: 'commands.list',
  summary: 'Commands that I may use in a room',
  tag,
  rest: { method: 'get', path: '/api/rooms/:roomId/commands' },
  socket: 'list_commands',
  input: z.object({ roomId: RoomKey }),
  output: z.object({ data: z.array(Command) }),
  permission: 'signed_in',
  effect: 'read',
});

export const runCommand = defineOperation({
  name: 'commands.run',
  summary: 'Run a command in a room I am a member of',
  description:
    'By `text` as it was typed (`/topic Release day`), or by `name` and `options`. Choose `id` (a UUID) yourself: the same id answers the first result for a day. A private reply comes in the answer and as `command_reply` on my other connections; it stands in no room.',
  tag,
  rest: { method: 'post', path: '/api/rooms/:roomId/commands' },
  socket: 'run_command',
  input: z
    .strictObject({
      roomId: RoomKey,
      text: z.string().min(1).max(4000).optional(),
      name: z.string().min(1).max(40).optional(),
      options: z.record(z.string().max(40), OptionValue).optional(),
      threadId: Id.optional(),
      id: Id,
    })
    .refine((input) => (input.text === undefined) !== (input.name === undefined), {
      path: ['text'],
      error: 'give either text, or name with options',
    }),
  output: CommandResult,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'commands.run', points: 60, seconds: 60 },
});

const Url = z.url({ protocol: /^https?$/ }).max(2000);
const Handler = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('agent'), agentId: Id }),
  z.strictObject({ kind: z.literal('webhook'), url: Url }),
]);
const Described = Command.extend({ createdBy: Id, createdAt: Timestamp, url: z.string().optional() });
export type CustomCommand = z.output<typeof Described>;

const change = { bucket: 'commands.change', points: 60, seconds: 60 };

export const createCommand = defineOperation({
  name: 'commands.create',
  summary: 'Add a command: for one room (its owner), or for all (an administrator)',
  description:
    'An agent takes a turn with the typed options, in the name of who called. A webhook is posted `{type: "command", timestamp, data}`, signed by Standard Webhooks with the `secret` that this answer alone shows, and has 3 s to answer `{visibility?, body, card?}`; private unless it says room, and then from a bot of the command’s name.',
  tag,
  rest: { method: 'post', path: '/api/commands', status: 201 },
  socket: 'create_command',
  input: z.strictObject({
    roomId: RoomKey.optional(),
    name: Name,
    description: z.string().trim().min(1).max(200),
    options: Options.default([]),
    handler: Handler,
  }),
  output: Described.extend({ secret: z.string().optional() }),
  permission: 'signed_in',
  effect: 'reversible',
  rate: change,
});

export const updateCommand = defineOperation({
  name: 'commands.update',
  summary: 'Change description, options or handler of a command that was added',
  tag,
  rest: { method: 'patch', path: '/api/commands/:commandId' },
  socket: 'update_command',
  input: z.strictObject({
    commandId: Id,
    description: z.string().trim().min(1).max(200).optional(),
    options: Options.optional(),
    agentId: Id.optional(),
    url: Url.optional(),
  }),
  output: Described,
  permission: 'signed_in',
  effect: 'reversible',
  rate: change,
});

export const deleteCommand = defineOperation({
  name: 'commands.delete',
  summary: 'Take away a command that was added; its bot leaves the rooms, what it said stays',
  tag,
  rest: { method: 'delete', path: '/api/commands/:commandId' },
  socket: 'delete_command',
  input: z.object({ commandId: Id }),
  output: z.object({ deleted: z.literal(true) }),
  permission: 'signed_in',
  effect: 'irreversible',
  rate: change,
});

export const commandsChanged = defineEvent({
  type: 'commands_changed',
  summary: 'A command of the room was added, changed or taken away',
  kind: 'signal',
  audience: 'room',
  payload: z.object({ roomId: Id }),
});

export const commandReply = defineEvent({
  type: 'command_reply',
  summary: 'A private reply to a command of mine',
  kind: 'signal',
  audience: 'user',
  payload: z.object({ roomId: Id, id: Id, name: z.string(), reply: CommandReply }),
});
