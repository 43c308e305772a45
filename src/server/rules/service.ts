// Rules of rooms: kept in versions, so that whoever has read one knows it for good, and asked by the transaction that stores a
// message. Must never be read for a room that has none.

import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { by, note, stateHash } from '../../core/audit-note.ts';
import type { Database, Db, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { Scope } from '../../core/scope.ts';
import type { RoomsService } from '../rooms/service.ts';
import { type Breach, type Checked, type Compiled, compile, findBreach } from './check.ts';
import type { ContentRules } from './contract.ts';

export type { Breach } from './check.ts';
export type { HeldMessagesTable } from './tables.ts';
export type RulesService = ReturnType<typeof createRulesService>;

/** Said inside the transaction that changes the rules of a room. */
export interface RulesChanged {
  tenantId: string;
  roomId: string;
  by: string;
  version: number;
  /** Names of those that it has now. */
  rules: string[];
}

const WHAT_TO_DO: Record<Breach['rule'], string> = {
  phrases: 'it holds words that this room does not take: say it otherwise',
  links: 'this room takes no such links: leave them out',
  mentions: 'it mentions too many: name fewer',
  repeats: 'you said this often enough: say something else, or wait',
  service: 'the moderation service flags it: say it otherwise',
};

export const blockedBy = ({ rule }: Breach): AppError =>
  new AppError(
    'invalid',
    'blocked_by_rule',
    `A rule of the room refuses this ("${rule}"): ${WHAT_TO_DO[rule]}.`,
    {
      errors: [{ path: 'body', message: rule }],
    },
  );

export function createRulesService(deps: { database: Database; events: Events; rooms: RoomsService }) {
  const { database, events, rooms } = deps;
  const { db } = database;
  const known = new LRUCache<string, Compiled>({ max: 1000 });

  const find = async (at: Db | Tx, tenantId: string, roomId: string) =>
    at
      .selectFrom('contentRules')
      .select(['rules', 'version'])
      .where('tenantId', '=', tenantId)
      .where('roomId', '=', roomId)
      .executeTakeFirst();

  async function of(
    at: Db | Tx,
    room: { id: string; tenantId: string; rulesVersion: number },
  ): Promise<Compiled> {
    const key = `${room.id} ${room.rulesVersion}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const found = await find(at, room.tenantId, room.id);
    const compiled = compile(found?.rules ?? {});
    if (found?.version === room.rulesVersion) known.set(key, compiled);
    return compiled;
  }

  return {
    /** What a message of a room breaks, read within the transaction that would store it. */
    async breach(
      tx: Tx,
      room: { id: string; tenantId: string; rulesVersion: number },
      message: Omit<Checked, 'before'> & { authorId: string },
    ): Promise<Breach | undefined> {
      if (room.rulesVersion === 0) return undefined;
      const compiled = await of(tx, room);
      const { repeats } = compiled.rules;
      const before =
        repeats === undefined ? [] : await listLately(tx, room.id, message.authorId, repeats.seconds);
      return findBreach(compiled, { ...message, before });
    },

    /** Whether people's messages of a room are shown to the moderation service before. */
    async asksService(room: { id: string; tenantId: string; rulesVersion: number }): Promise<boolean> {
      return room.rulesVersion > 0 && (await of(db, room)).rules.service !== undefined;
    },

    async get(scope: Scope, key: string): Promise<ContentRules> {
      const seen = await rooms.requireVisible(scope, key);
      rooms.requireRight(rooms.seenAs(scope, seen), 'moderation.review');
      return seen.row.rulesVersion === 0 ? {} : (await of(db, seen.row)).rules;
    },

    async set(scope: Scope, key: string, rules: ContentRules): Promise<ContentRules> {
      return rooms.change(scope, key, async (tx, here) => {
        rooms.requireRight(here, 'moderation.act');
        const { id: roomId, tenantId } = here.row;
        const version = await rooms.raiseRulesVersion(tx, here.row);
        const set = { version, rules: JSON.stringify(rules), updatedBy: scope.user.id };
        await tx
          .insertInto('contentRules')
          .values({ roomId, tenantId, ...set })
          .onConflict((oc) => oc.column('roomId').doUpdateSet({ ...set, updatedAt: sql<Date>`now()` }))
          .execute();
        await note(events, tx, {
          ...by(scope),
          action: 'room.rules_changed',
          subject: { type: 'room', id: roomId },
          roomId,
          details: { version, rules: Object.keys(rules), after: stateHash(rules) },
        });
        await events.emit<RulesChanged>(tx, 'rules.changed', [
          { tenantId, roomId, by: scope.user.id, version, rules: Object.keys(rules) },
        ]);
        return rules;
      });
    },
  };
}

/** Of the last messages of a room those by one author, as far back as that. */
async function listLately(tx: Tx, roomId: string, authorId: string, seconds: number): Promise<string[]> {
  const { rows } = await sql<{ body: string }>`
    select body from (select author_id, body, created_at from messages where room_id = ${roomId} and deleted_at is null
      order by seq desc limit 200) lately
    where author_id = ${authorId} and created_at > now() - make_interval(secs => ${seconds}::int)`.execute(
    tx,
  );
  return rows.map((row) => row.body);
}
