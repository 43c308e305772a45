// What a run that nobody asked for begins with, in place of a message, and whether it still fits when it has something to say.
// Must never show the words of one room in another.
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import type { User } from '../../server/identity/contract.ts';
import type { Message } from '../../server/messages/contract.ts';
import { type OpeningKind, ProactiveSettings } from './contract.ts';
import * as repo from './repository.ts';
import { inQuietHours, placeForbids } from './rules.ts';

export interface OpeningRun {
  tenantId: string;
  agentId: string;
  roomId: string;
  triggerMessageId: string;
  askerId: string;
}

const OCCASION: Record<OpeningKind, string> = {
  goal: 'A goal of yours',
  todo_due: "Due on the room's to-do list",
  calendar_soon: "About to begin, by the room's calendar",
  unanswered: 'Nobody has answered this question in the room',
};

export function createOpenings(deps: {
  database: Database;
  clock: Clock;
  findUsers(tenantId: string, ids: string[]): Promise<User[]>;
}) {
  const { database, clock } = deps;

  return {
    /** As a message that stands nowhere; undefined once there is nothing to say any more. */
    async triggerOf(run: OpeningRun): Promise<Message | undefined> {
      const opening = await repo.findOpening(database.db, run.tenantId, run.triggerMessageId);
      const about = opening && (await repo.readSubject(database.db, opening));
      const [author] = await deps.findUsers(run.tenantId, [run.askerId]);
      if (opening === undefined || about === undefined || author === undefined) return undefined;
      return {
        id: opening.id,
        roomId: opening.roomId,
        seq: opening.afterSeq + 1,
        author,
        kind: 'system',
        body: `${OCCASION[opening.kind]}: ${about}`,
        mentions: [],
        attachments: [],
        reactions: [],
        version: 1,
        metadata: { opening: opening.kind },
        createdAt: opening.updatedAt.toISOString(),
      };
    },

    /** Why what it would say now, at this place of the log, is not said after all; for the transaction that would commit it. */
    async misfit(tx: Tx, run: OpeningRun, seq: number): Promise<string | undefined> {
      const opening = await repo.findOpening(tx, run.tenantId, run.triggerMessageId);
      const place = await repo.readPlace(tx, run);
      if (opening === undefined || place === undefined) return 'settled';
      const settings = ProactiveSettings.parse(place.proactive);
      const forbidden = placeForbids(settings, place);
      if (forbidden !== undefined) return forbidden;
      if (inQuietHours(settings, clock.date())) return 'quiet_hours';
      if (await repo.wasSaid(tx, run, opening.afterSeq, seq)) return 'room_busy';
      return (await repo.readSubject(tx, opening)) === undefined ? 'settled' : undefined;
    },
  };
}
