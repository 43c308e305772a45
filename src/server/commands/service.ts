// Calls of commands: found, read, carried out once under the caller's id, and answered. A private reply goes to its caller alone:
// into the answer and to his own topic, never into a room.
import { createHash } from 'node:crypto';
import type { Bus } from '../../core/bus.ts';
import type { Clock } from '../../core/clock.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { untimed } from '../../core/db/deadline.ts';
import { AppError } from '../../core/errors.ts';
import { derivedId } from '../../core/ids.ts';
import type { Scope, ScopeUser } from '../../core/scope.ts';
import type { IdentityService } from '../identity/service.ts';
import type { MessagesService } from '../messages/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import { type Builtin, type Call, createBuiltins, type Place } from './builtins.ts';
import {
  type Command,
  type CommandReply,
  type CommandResult,
  commandReply,
  type runCommand,
} from './contract.ts';
import { toCommand } from './custom.ts';
import { createModerating } from './moderating.ts';
import type { createOutside } from './outside.ts';
import { checkOptions, type Given, optionsOf, splitText } from './parse.ts';
import * as repo from './repository.ts';

export type CommandsService = ReturnType<typeof createCommandsService>;

/** As the agents' layer takes it. */
export interface AgentAsk {
  id: string;
  tenantId: string;
  room: { id: string; kind: 'channel' | 'group' | 'direct'; lastSeq: number };
  agentId: string;
  by: ScopeUser;
  kind: 'command';
  text: string;
  threadId?: string | undefined;
}

export function createCommandsService(deps: {
  database: Database;
  bus: Bus;
  clock: Clock;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
  outside: ReturnType<typeof createOutside>;
  operate<T>(scope: Scope, name: string, input: object): Promise<T>;
  ask(tx: Tx, ask: AgentAsk): Promise<{ runId: string; replyMessageId: string } | { silentBecause: string }>;
}) {
  const { database, bus, identity, rooms, messages } = deps;
  const { db } = database;
  const builtins = [
    ...createBuiltins({ clock: deps.clock, operate: deps.operate, ask: askAgent, list }),
    ...createModerating({ clock: deps.clock, operate: deps.operate }),
  ];
  const byName = new Map(builtins.map((one) => [one.name, one]));

  async function placeOf(scope: Scope, key: string): Promise<Place> {
    const { row, membership } = await rooms.requireMember(scope, key);
    const agents = (await rooms.agentsIn(db, row.id)).map(({ user }) => ({
      id: user.id,
      handle: user.handle,
    }));
    return {
      roomId: row.id,
      kind: row.kind,
      public: row.visibility === 'public',
      role: membership.role,
      agents,
    };
  }

  async function list(scope: Scope, key: string): Promise<Command[]> {
    const place = await placeOf(scope, key);
    const offered = builtins.filter((one) => one.offered(scope, place)).map(toBuiltin);
    const custom = new Map(
      (await repo.listFor(db, scope.tenantId, place.roomId)).map((row) => [row.name, row]),
    );
    const present = new Set(place.agents.map(({ id }) => id));
    const added = [...custom.values()].filter((row) => row.agentId === null || present.has(row.agentId));
    return [...offered, ...added.map(toCommand)].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Has an agent of the room take a turn in the caller's name. */
  async function askAgent(
    { scope, id, place, threadId }: Call,
    agentId: string,
    text: string,
  ): Promise<CommandResult> {
    const answer = await rooms.change(scope, place.roomId, async (tx, { row }) =>
      deps.ask(tx, {
        id: derivedId('command', scope.user.id, id),
        tenantId: scope.tenantId,
        room: row,
        agentId,
        by: scope.user,
        kind: 'command',
        text,
        threadId,
      }),
    );
    if ('runId' in answer) return { runId: answer.runId, messageId: answer.replyMessageId };
    throw new AppError(
      'conflict',
      answer.silentBecause,
      `The agent does not answer here now (${answer.silentBecause}).`,
    );
  }

  async function askOutside(row: repo.CommandRow, call: Call, signal: AbortSignal): Promise<CommandResult> {
    const { scope, id, place, values } = call;
    const { user } = scope;
    const by = { id: user.id, kind: user.kind, handle: user.handle, name: user.name };
    const thread = call.threadId === undefined ? {} : { threadId: call.threadId };
    const data = { roomId: place.roomId, ...thread, id, by, options: values };
    const reply = await deps.outside(row, { id: derivedId('command', user.id, id), data }, signal);
    if (reply === undefined) return {};
    return reply.visibility === 'private' ? { reply } : { reply, messageId: await sayAs(row, call, reply) };
  }

  /** What a service answers for all comes from the command's own bot. */
  async function sayAs(row: repo.CommandRow, { scope, id, place, threadId }: Call, reply: CommandReply) {
    const [bot] = row.botId === null ? [] : await identity.findMany(db, scope.tenantId, [row.botId]);
    if (bot === undefined)
      throw new AppError('conflict', 'command_gone', 'The command was taken away meanwhile.');
    await rooms.change(scope, place.roomId, async (tx, here) => {
      if (!here.row.agentsAllowed)
        throw new AppError('forbidden', 'agents_not_allowed', 'This room does not allow agents, nor bots.');
      await rooms.place(tx, scope.tenantId, here.row.id, [bot.id]);
    });
    const as: Scope = {
      tenantId: scope.tenantId,
      user: bot,
      role: 'member',
      via: scope.via,
      traceId: scope.traceId,
    };
    const message = await messages.send(as, {
      roomId: place.roomId,
      body: reply.body,
      id: derivedId('command-reply', scope.user.id, id),
      cards: reply.card === undefined ? [] : [reply.card],
      metadata: { command: row.name, calledBy: scope.user.id },
      ...(threadId === undefined ? {} : { threadId }),
    });
    return message.id;
  }

  const lookup = (scope: Scope) => ({
    user: (key: string) => idOf(deps.operate<{ id: string }>(scope, 'users.get', { userId: key })),
    room: (key: string) => idOf(rooms.requireVisible(scope, key).then(({ row }) => row)),
  });

  /** Once under the caller's id; an earlier result is answered again. */
  async function once(
    scope: Scope,
    { id, roomId, called }: { id: string; roomId: string; called: string },
    carryOut: () => Promise<CommandResult>,
  ): Promise<{ result: CommandResult; repeated: boolean }> {
    const key = { userId: scope.user.id, id };
    const earlier = await repo.takeRun(db, { ...key, tenantId: scope.tenantId, roomId, called });
    if (earlier !== undefined) {
      if (earlier.called !== called)
        throw new AppError(
          'conflict',
          'command_id_reused',
          'This id was used for another call; make a new id.',
        );
      if (earlier.result === null)
        throw new AppError(
          'unavailable',
          'command_running',
          'This call is being carried out; ask again shortly.',
          {
            retryAfterMs: 1000,
          },
        );
      return { result: earlier.result, repeated: true };
    }
    try {
      const result = await carryOut();
      await untimed(() => repo.endRun(db, key.userId, id, JSON.stringify(result)));
      return { result, repeated: false };
    } catch (error) {
      // What was refused may be asked again under the same id.
      await untimed(() => repo.dropRun(db, key.userId, id)).catch(() => undefined);
      throw error;
    }
  }

  return {
    list: async (scope: Scope, key: string) => ({ data: await list(scope, key) }),
    isBuiltIn: (name: string): boolean => byName.has(name),

    async run(scope: Scope, input: InputOf<typeof runCommand>): Promise<CommandResult> {
      const place = await placeOf(scope, input.roomId);
      const { name, rest } =
        input.text === undefined
          ? { name: (input.name as string).toLowerCase(), rest: '' }
          : splitText(input.text);
      const builtin = byName.get(name);
      const custom =
        builtin === undefined
          ? (await repo.listFor(db, scope.tenantId, place.roomId)).findLast((row) => row.name === name)
          : undefined;
      const command = builtin ?? custom;
      if (command === undefined)
        throw new AppError(
          'not_found',
          'command_not_found',
          `There is no /${name} here; /help shows what there is.`,
        );
      const given: Given =
        input.text === undefined
          ? (input.options ?? {})
          : optionsOf(command.options, builtin?.tidy?.(rest) ?? rest);
      const values = await checkOptions(command.options, given, lookup(scope));
      const id = input.id.toLowerCase();
      const call: Call = { scope, id, place, threadId: input.threadId, values };
      const { result, repeated } = await once(
        scope,
        { id, roomId: place.roomId, called: hashOf([name, values, place.roomId, input.threadId ?? null]) },
        () => {
          if (builtin !== undefined) return builtin.run(call);
          const row = custom as repo.CommandRow;
          return row.agentId === null
            ? untimed(() => askOutside(row, call, new AbortController().signal))
            : askAgent(call, row.agentId, saidBy(row, values));
        },
      );
      if (!repeated && result.reply?.visibility === 'private')
        bus.publish(`user:${scope.user.id}`, {
          kind: 'signal',
          type: commandReply.type,
          json: JSON.stringify({ roomId: place.roomId, id, name, reply: result.reply }),
        });
      return result;
    },
  };
}

const toBuiltin = ({ name, description, options }: Builtin): Command => ({
  name,
  description,
  options,
  scope: 'builtin',
  handler: 'builtin',
});

/** What an agent reads of a call. */
function saidBy({ name, description, options }: repo.CommandRow, values: Given): string {
  const lines = options
    .filter((option) => values[option.name] !== undefined)
    .map((option) => `${option.name} (${option.type}): ${JSON.stringify(values[option.name])}`);
  return [`(Called the command /${name}: ${description})`, ...lines].join('\n');
}

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(
      JSON.stringify(value, (_, item) =>
        typeof item === 'object' && item !== null && !Array.isArray(item)
          ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
          : item,
      ),
    )
    .digest('hex');

/** Undefined for what the caller may not know of. */
const idOf = (look: Promise<{ id: string }>): Promise<string | undefined> =>
  look.then(
    ({ id }) => id,
    (error: unknown) => {
      if (error instanceof AppError && (error.code === 'not_found' || error.code === 'invalid'))
        return undefined;
      throw error;
    },
  );
