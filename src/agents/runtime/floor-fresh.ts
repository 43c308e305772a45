// Looks again at a turn before its words reach the room: what it answers may be gone, changed or answered, its agent may not speak
// there any more, and agents may have said enough. Must never drop an answer that was asked for because a person spoke as well.
import type { Db, Tx } from '../../core/db/database.ts';
import type { Message } from '../../server/messages/contract.ts';
import { EAR_SPAN, isAnswered } from './floor-ear.ts';
import { toHeard } from './floor-hearing.ts';
import { isLimited, limitReached } from './floor-limits.ts';
import { countLately, type Look, lookAgain } from './floor-repository.ts';
import * as heardRepo from './heard-repository.ts';
import type * as repo from './repository.ts';

/** The turn ends without a word, for this reason. */
export class Dropped extends Error {
  override readonly name = 'Dropped';
  readonly reason: string;
  constructor(reason: string) {
    super(`The turn is dropped: ${reason}.`);
    this.reason = reason;
  }
}

/** The words it answers are others now, and still for the agent. */
export class Reworded extends Error {
  override readonly name = 'Reworded';
  readonly editedAt: string | undefined;
  constructor(editedAt: string | undefined) {
    super('The message was edited.');
    this.editedAt = editedAt;
  }
}

/** What was seen so long ago counts as seen now, where the agent was asked outright, in ms. */
export const FRESH_MS = 1000;

/** As it was when the turn began, or when it was last looked at. */
export interface Seen {
  editedAt: string | undefined;
  mentioned: boolean;
}

/** Nobody addressed the agent. */
export const isUnasked = (run: { triggerReason: string }): boolean => run.triggerReason === 'score';

export const seenOf = (trigger: Message, agentId: string): Seen => ({
  editedAt: trigger.editedAt,
  mentioned: trigger.mentions.some((mention) => mention.userId === agentId),
});

/** Pure. @returns why the turn is dropped, or whether its words are others now */
function judge(
  look: Look | undefined,
  run: { triggerReason: string },
  seen: Seen,
): { drop: string } | 'reworded' | 'fresh' {
  if (look === undefined || look.deleted) return { drop: 'message_deleted' };
  if (!look.inRoom) return { drop: 'agent_not_in_room' };
  if (look.suspended) return { drop: 'agent_suspended' };
  if (!look.active) return { drop: 'agent_inactive' };
  if (!look.agentsAllowed) return { drop: 'room_disallows_agents' };
  if (look.muted) return { drop: 'muted' };
  if (look.roomMode === 'off') return { drop: 'room_off' };
  if (look.editedAt?.toISOString() === seen.editedAt) return 'fresh';
  return isUnasked(run) || (seen.mentioned && !look.mentioned) ? { drop: 'message_edited' } : 'reworded';
}

/** @throws Dropped, Reworded */
export async function lookFresh(at: Db | Tx, run: repo.RunRow, seen: Seen): Promise<void> {
  const look = await lookAgain(at, run);
  const verdict = judge(look, run, seen);
  if (verdict === 'reworded') throw new Reworded(look?.editedAt?.toISOString());
  if (verdict !== 'fresh') throw new Dropped(verdict.drop);
  if (!isUnasked(run)) return;
  const rows = await heardRepo.listSaid(at, run.roomId, EAR_SPAN);
  const place = rows.findIndex(({ id }) => id === run.triggerMessageId);
  if (isAnswered(toHeard(rows), place, run.askerId, run.agentId)) throw new Dropped('answered_meanwhile');
}

/** Inside the transaction that commits the message. @throws Dropped */
export async function checkLimits(tx: Tx, run: repo.RunRow): Promise<void> {
  if (!isLimited({ hop: run.hop, reason: run.triggerReason })) return;
  const { roomId, agentId, askerId: otherId, hop } = run;
  const reached = limitReached(await countLately(tx, { roomId, agentId, otherId, hop }), hop);
  if (reached !== undefined) throw new Dropped(reached);
}
