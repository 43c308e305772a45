// Hears a room as each of its messages was said, for agents that may speak unasked: reads the last messages once a room, and
// scores who should have the floor. Must never read anything for rooms whose agents speak only when addressed.
import type { Tx } from '../../core/db/database.ts';
import type { Message } from '../../server/messages/contract.ts';
import { EAR_SPAN, type Ear, type Heard, listen } from './floor-ear.ts';
import { type FloorScore, scoreFloor, withMoves } from './floor-score.ts';
import { namesIn } from './floor-text.ts';
import { topicMatch } from './floor-topics.ts';
import type { Typing } from './floor-typing.ts';
import * as heardRepo from './heard-repository.ts';
import { type RoomMode, stricter } from './turn-taking.ts';

export interface Hearing {
  /** What speaks for an answer by this agent; undefined where it speaks only when addressed. */
  scoreOf(message: Message, agent: heardRepo.RoomAgent): FloorScore | undefined;
}

/** How much a lively or a quiet character moves the score. */
const LEAN = 0.1;

/** Whoever types may be about to answer. */
const SOMEONE_TYPING = -0.3;
const OPEN: ReadonlySet<RoomMode> = new Set(['helpful', 'lively']);

/** @param messages just committed, of any rooms */
export async function hearRooms(
  tx: Tx,
  messages: readonly Message[],
  agentsOf: ReadonlyMap<string, readonly heardRepo.RoomAgent[]>,
  typing: Pick<Typing, 'attend' | 'isAnyone'>,
): Promise<Hearing> {
  const isOpen = (agent: heardRepo.RoomAgent) =>
    OPEN.has(stricter(agent.roomMode, agent.responseMode)) && agent.isActive && !agent.stopped;
  const rooms = new Set(
    messages
      .filter(({ roomId, author }) => author.kind === 'human' && agentsOf.get(roomId)?.some(isOpen) === true)
      .map(({ roomId }) => roomId),
  );
  const said = new Map<string, heardRepo.SaidRow[]>();
  for (const roomId of rooms) {
    typing.attend(roomId);
    const inRoom = messages.filter((message) => message.roomId === roomId);
    said.set(roomId, await heardRepo.listSaid(tx, roomId, EAR_SPAN + inRoom.length));
  }
  const ears = new Map<string, Ear>();

  function earOf(message: Message): Ear | undefined {
    const rows = said.get(message.roomId)?.filter(({ seq }) => seq <= message.seq);
    if (rows === undefined || rows.length === 0) return undefined;
    const known = ears.get(message.id);
    if (known !== undefined) return known;
    const ear = listen(toHeard(rows));
    ears.set(message.id, ear);
    return ear;
  }

  return {
    scoreOf(message, agent) {
      if (!rooms.has(message.roomId) || message.author.kind !== 'human' || !isOpen(agent)) return undefined;
      const lean = ((agent.extraversion ?? 0.5) - 0.5) * 2 * LEAN + agent.readiness;
      const ear = earOf(message);
      if (ear === undefined) return undefined;
      const features = ear.about(agent.agentId);
      const topics = { interests: agent.interests ?? [], expertise: agent.expertise ?? [] };
      return withMoves(scoreFloor(features, lean), {
        topic: topicMatch(message.body, ear.said, features.stance, topics),
        someone_typing: typing.isAnyone(message.roomId, [message.author.id, agent.agentId])
          ? SOMEONE_TYPING
          : 0,
      });
    },
  };
}

/** @param rows oldest first */
export function toHeard(rows: readonly heardRepo.SaidRow[]): Heard[] {
  const handles = new Map(rows.map((row) => [row.handle.toLowerCase(), row.authorId]));
  const authors = new Map(rows.map((row) => [row.id, row.authorId]));
  return rows.map((row) => heardOf(row, handles, authors));
}

function heardOf(
  row: heardRepo.SaidRow,
  handles: ReadonlyMap<string, string>,
  authors: ReadonlyMap<string, string>,
): Heard {
  const plain = namesIn(row.body, handles, row.authorId);
  const mentioned = row.mentions.flatMap(({ userId }) => userId ?? []);
  return {
    authorId: row.authorId,
    text: row.body,
    at: row.createdAt.getTime() / 60_000,
    named: [...new Set([...mentioned, ...plain.ids])].filter((id) => id !== row.authorId),
    namedFirst: plain.first || row.body.startsWith('@'),
    repliesTo: row.threadId === null ? undefined : authors.get(row.threadId),
  };
}
