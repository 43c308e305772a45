// Commands that people add: for a room by its owner, for all rooms by an administrator. Who may not manage one finds none.
import { by, note } from '../../core/audit-note.ts';
import type { Bus } from '../../core/bus.ts';
import type { InputOf } from '../../core/contract.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError, notFound } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { isUuid, newId } from '../../core/ids.ts';
import type { Scope } from '../../core/scope.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import { handleFromName, type IdentityService } from '../identity/service.ts';
import type { RoomsService } from '../rooms/service.ts';
import { newSecret } from '../webhooks/service.ts';
import {
  type Command,
  type CustomCommand,
  commandsChanged,
  type createCommand,
  type updateCommand,
} from './contract.ts';
import * as repo from './repository.ts';

export type CustomCommands = ReturnType<typeof createCustomCommands>;

/** Of one room, or of the tenant. */
const MOST_COMMANDS = 50;

const missing = () => notFound('command_not_found', 'There is no such command, or you may not change it.');

export function createCustomCommands(deps: {
  database: Database;
  bus: Bus;
  events: Events;
  identity: IdentityService;
  rooms: RoomsService;
  sealer: TextSealer;
  builtIn(name: string): boolean;
}) {
  const { database, bus, events, identity, rooms, sealer } = deps;

  async function requireAgent(tx: Tx, tenantId: string, agentId: string): Promise<void> {
    const [agent] = await identity.findMany(tx, tenantId, [agentId]);
    if (agent?.kind !== 'agent') throw notFound('agent_not_found', 'There is no such agent.');
  }

  /** The command, to who may change it. */
  async function requireManaged(scope: Scope, id: string): Promise<repo.CommandRow> {
    const row = isUuid(id) ? await repo.findCommand(database.db, scope.tenantId, id) : undefined;
    if (row === undefined) throw missing();
    if (scope.role === 'admin' && row.roomId === null) return row;
    if (row.roomId === null) throw missing();
    const seen = await rooms.findVisible(scope, row.roomId);
    if (seen === undefined || (seen.membership?.role !== 'owner' && scope.role !== 'admin')) throw missing();
    return row;
  }

  /** Writes a change down, and tells who listens to the room. */
  async function changed(tx: Tx, scope: Scope, row: repo.CommandRow, action: string): Promise<void> {
    const { roomId } = row;
    if (roomId !== null)
      database.afterCommit(tx, () =>
        bus.publish(`room:${roomId}`, {
          kind: 'signal',
          type: commandsChanged.type,
          json: JSON.stringify({ roomId }),
        }),
      );
    await note(events, tx, {
      ...by(scope),
      action: `command.${action}`,
      subject: { type: 'command', id: row.id },
      ...(row.roomId === null ? {} : { roomId: row.roomId }),
      details: { name: row.name, handler: row.handler },
    });
  }

  async function insert(
    tx: Tx,
    scope: Scope,
    roomId: string | null,
    { name, description, options, handler }: InputOf<typeof createCommand>,
  ): Promise<CustomCommand & { secret?: string }> {
    const { tenantId } = scope;
    if (deps.builtIn(name))
      throw new AppError('conflict', 'name_taken', `/${name} is built in; choose another name.`);
    if ((await repo.countCommands(tx, tenantId, roomId)) >= MOST_COMMANDS)
      throw new AppError(
        'conflict',
        'too_many_commands',
        `There are at most ${MOST_COMMANDS} commands of a room, and as many for all; take one away first.`,
      );
    const id = newId();
    const secret = handler.kind === 'webhook' ? newSecret() : undefined;
    if (handler.kind === 'agent') await requireAgent(tx, tenantId, handler.agentId);
    const bot =
      secret === undefined
        ? undefined
        : await identity.createAgentUser(tx, tenantId, {
            id: newId(),
            handle: `${handleFromName(name).slice(0, 20) || 'command'}-${id.slice(-6)}`,
            name: `/${name}`,
            ownerId: scope.user.id,
          });
    const row = await repo.insertCommand(tx, {
      id,
      tenantId,
      roomId,
      name,
      description,
      options: JSON.stringify(options),
      handler: handler.kind,
      agentId: handler.kind === 'agent' ? handler.agentId : null,
      url: handler.kind === 'webhook' ? handler.url : null,
      secret: secret === undefined ? null : sealer.seal(id, secret),
      botId: bot?.id ?? null,
      createdBy: scope.user.id,
    });
    if (row === undefined)
      throw new AppError('conflict', 'name_taken', `There is a /${name} already; choose another name.`);
    await changed(tx, scope, row, 'created');
    return { ...described(row), ...(secret === undefined ? {} : { secret }) };
  }

  return {
    async create(
      scope: Scope,
      input: InputOf<typeof createCommand>,
    ): Promise<CustomCommand & { secret?: string }> {
      if (input.roomId === undefined) {
        if (scope.role !== 'admin')
          throw new AppError(
            'forbidden',
            'admin_only',
            'Only an administrator adds commands for all rooms; name a room that you own.',
          );
        return database.transaction((tx) => insert(tx, scope, null, input));
      }
      return rooms.change(scope, input.roomId, async (tx, here) => {
        if (here.role !== 'owner' && !here.admin)
          throw new AppError('forbidden', 'not_allowed', "Only the room's owner adds commands to it.");
        return insert(tx, scope, here.row.id, input);
      });
    },

    async update(scope: Scope, input: InputOf<typeof updateCommand>): Promise<CustomCommand> {
      const { id, handler } = await requireManaged(scope, input.commandId);
      const other = handler === 'agent' ? 'url' : 'agentId';
      if (input[other] !== undefined)
        throw new AppError(
          'invalid',
          'invalid_input',
          `${other}: this command is carried out by ${handler === 'agent' ? 'an agent' : 'a webhook'}.`,
        );
      return database.transaction(async (tx) => {
        if (input.agentId !== undefined) await requireAgent(tx, scope.tenantId, input.agentId);
        const row = await repo.updateCommand(tx, scope.tenantId, id, {
          ...(input.description === undefined ? {} : { description: input.description }),
          ...(input.options === undefined ? {} : { options: JSON.stringify(input.options) }),
          ...(input.agentId === undefined ? {} : { agentId: input.agentId }),
          ...(input.url === undefined ? {} : { url: input.url }),
        });
        if (row === undefined) throw missing();
        await changed(tx, scope, row, 'updated');
        return described(row);
      });
    },

    async remove(scope: Scope, commandId: string): Promise<void> {
      const row = await requireManaged(scope, commandId);
      await database.transaction(async (tx) => {
        await repo.deleteCommand(tx, scope.tenantId, row.id);
        if (row.botId !== null) await rooms.withdraw(tx, scope.tenantId, row.botId, scope.user.id);
        await changed(tx, scope, row, 'deleted');
      });
    },
  };
}

/** As everyone of the room sees it. */
export const toCommand = (row: repo.CommandRow): Command => ({
  id: row.id,
  name: row.name,
  description: row.description,
  options: row.options,
  scope: row.roomId === null ? 'tenant' : 'room',
  handler: row.handler,
  ...(row.agentId === null ? {} : { agentId: row.agentId }),
  ...(row.roomId === null ? {} : { roomId: row.roomId }),
});

const described = (row: repo.CommandRow): CustomCommand => ({
  ...toCommand(row),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  ...(row.url === null ? {} : { url: row.url }),
});
