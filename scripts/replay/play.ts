// Sends a day's lines at the chosen speed, each nick's in its order, and waits until everybody has heard everything.
import { randomUUID } from 'node:crypto';
import { rest } from '../../tests/support/chat-clients.ts';
import type { Account, Actor, Cast } from './cast.ts';
import type { PlannedLine } from './plan.ts';
import type { SentLine } from './proof.ts';

/** Sends under way at once when the speed is `max`. */
const OUTSTANDING = 64;
const SEND_LIMIT_MS = 30_000;
/** Nobody heard anything new for this long: whatever is missing will not come. */
const STALL_MS = 20_000;
const POLL_MS = 100;

export interface Played {
  sent: SentLine[];
  /** ms from the send to its answer. */
  acks: number[];
}

/** @param speed seconds of the log in one second; Infinity sends as fast as answers come */
export async function playLines(
  cast: Cast,
  plan: PlannedLine[],
  speed: number,
  onSend: (id: string, at: number) => void,
  progress: (done: number) => void,
): Promise<Played> {
  const sent: SentLine[] = [];
  const acks: number[] = [];
  const started = performance.now();
  const underWay = new Set<Promise<void>>();
  for (const [i, line] of plan.entries()) {
    if (speed === Number.POSITIVE_INFINITY) {
      if (underWay.size >= OUTSTANDING) await Promise.race(underWay);
    } else {
      const wait = (line.second * 1000) / speed - (performance.now() - started);
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    }
    const { client } = cast.actors[line.client] as Actor;
    const id = randomUUID();
    const one: SentLine = {
      id,
      body: line.body,
      client: line.client,
      ackedSeq: undefined,
      addressesAgent: line.addressesAgent,
    };
    sent.push(one);
    const at = performance.now();
    onSend(id, at);
    const sending = client.send({ id, body: line.body }, SEND_LIMIT_MS).then(
      (answer) => {
        acks.push(performance.now() - at);
        one.ackedSeq = answer.seq as number;
      },
      () => undefined,
    );
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
    if (i % 50 === 0) progress(i);
  }
  await Promise.all(underWay);
  progress(plan.length);
  return { sent, acks };
}

/** Waits for the agent's runs to end, then for every client to hear the newest entry. Gives up when nothing moves. */
export async function waitUntilHeard(
  url: string,
  owner: Account,
  cast: Cast,
  agentId: string | undefined,
  answersDue: number,
  progress: (what: string) => void,
): Promise<void> {
  let best = -1;
  let movedAt = performance.now();
  for (;;) {
    const { lastSeq } = await rest<{ lastSeq: number }>(url, owner.token, 'GET', `/api/rooms/${cast.roomId}`);
    const open = agentId === undefined ? 0 : await openRuns(url, owner, cast.roomId, agentId);
    const newest = cast.actors.map((actor) => actor.heard.at(-1)?.seq ?? 0);
    const answers = Math.max(
      0,
      ...cast.actors.slice(0, 1).map((a) => a.heard.filter((entry) => entry.type === 'agent_message').length),
    );
    if (open === 0 && answers >= answersDue && newest.every((seq) => seq >= lastSeq)) return;
    const moved = newest.reduce((sum, seq) => sum + seq, 0) + answers;
    if (moved > best) {
      best = moved;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > STALL_MS) return progress('nothing moves any more');
    progress(
      `${answers} of ${answersDue} answers, ${newest.filter((s) => s >= lastSeq).length} of ${newest.length} clients are up to date`,
    );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function openRuns(url: string, owner: Account, roomId: string, agentId: string): Promise<number> {
  const { runs } = await rest<{ runs: object[] }>(
    url,
    owner.token,
    'POST',
    `/api/agents/${agentId}/command`,
    {
      command: 'status',
      roomId,
    },
  );
  return runs.length;
}
