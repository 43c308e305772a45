// Sends one entry of a room's log to one address, as often as it takes, and records each try. What is sent is read from the log at
// that moment. At least once: a server that dies between the answer and the record sends it again, under the same id.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import { random } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Outgoing } from '../../core/outgoing.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import type { MessageLog } from '../messages/service.ts';
import * as repo from './repository.ts';
import { notifySigned } from './signed-post.ts';
import { messageIdOf, waitAfter } from './signing.ts';

export const DELIVER = { name: 'webhooks.deliver' } as const;

export function createDelivery(deps: {
  database: Database;
  jobs: Jobs;
  clock: Clock;
  log: MessageLog;
  sealer: TextSealer;
  fetch: Outgoing;
}): JobDef<{ deliveryId: string }> {
  const { database, jobs, clock, log, sealer, fetch } = deps;

  /** The status of the answer, or why there is none. */
  function send(due: repo.Due, body: string, signal: AbortSignal): Promise<number | string> {
    const secrets = [due.secret, due.previousSecret].flatMap((sealed) =>
      sealed === null ? [] : [sealer.open(due.webhookId, sealed)],
    );
    return notifySigned(fetch, {
      url: due.url,
      secrets,
      id: messageIdOf(due.roomId, due.seq),
      timestamp: Math.floor(clock.now() / 1000),
      body,
      signal,
    });
  }

  return {
    ...DELIVER,
    // For faults of our own database; those of the receiver have tries of their own.
    retryLimit: 20,
    // An answer is waited for 15 s. After this another server takes it for dead and sends again.
    expireInSeconds: 30,
    concurrency: 4,
    async handle({ deliveryId }, { signal }) {
      const due = await repo.findDue(database.db, deliveryId);
      if (due === undefined) return;
      if (!due.allowed) {
        await turnOff(due, 'not_allowed');
        return;
      }
      const [entry] = await log.read(due.roomId, due.seq - 1, due.seq, 1);
      const data = entry?.payload ?? { roomId: due.roomId, seq: due.seq };
      const body = JSON.stringify({ type: due.type, timestamp: due.createdAt.toISOString(), data });
      const answer = await send(due, body, signal);
      const delivered = typeof answer === 'number' && answer >= 200 && answer < 300;
      const wait = delivered || answer === 410 ? undefined : waitAfter(due.attempts + 1, random());
      await database.transaction(async (tx) => {
        const recorded = await repo.recordTry(tx, due, {
          status: delivered ? 'delivered' : wait === undefined ? 'failed' : 'pending',
          lastStatus: typeof answer === 'number' ? answer : null,
          lastError: delivered ? null : typeof answer === 'number' ? `answered ${answer}` : answer,
          waitSeconds: wait ?? 0,
        });
        if (recorded && wait !== undefined)
          await jobs.enqueue(tx, DELIVER, [{ deliveryId }], { delaySeconds: wait });
      });
      if (answer === 410) await turnOff(due, 'gone');
    },
  };

  async function turnOff(due: repo.Due, reason: 'gone' | 'not_allowed'): Promise<void> {
    await repo.updateWebhook(database.db, due.webhookId, {
      disabledAt: clock.date(),
      disabledReason: reason,
    });
  }
}
