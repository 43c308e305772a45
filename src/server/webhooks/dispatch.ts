// Turns entries of rooms' logs into deliveries: each webhook reads its room's log on from where it was, in the transaction that
// stores the deliveries and their jobs. A send does nothing for it, and nothing is lost when a server dies.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import { untimed } from '../../core/db/deadline.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Logger } from '../../core/logger.ts';
import { DELIVER } from './delivery.ts';
import * as repo from './repository.ts';

const LOOK_EVERY_MS = 1000;
const MOST_WEBHOOKS = 100;
const STEP = 200;
/** Looks between two rounds of forgetting. */
const FORGET_EVERY = 3600;

export function createDispatch(deps: { database: Database; jobs: Jobs; clock: Clock; logger: Logger }) {
  const { database, jobs, clock, logger } = deps;
  const stopping = new AbortController();
  let looking: Promise<void> | undefined;

  /** @returns whether there may be more */
  const step = (id: string): Promise<boolean> =>
    database.transaction(async (tx) => {
      const webhook = await repo.lockWebhook(tx, id);
      if (webhook === undefined) return false;
      const entries = await repo.listEntries(tx, webhook.roomId, webhook.seq, STEP);
      const last = entries.at(-1);
      if (last === undefined) return false;
      const { events } = webhook;
      const wanted = entries.filter(({ type }) => events.length === 0 || events.includes(type));
      await jobs.enqueue(tx, DELIVER, await repo.insertDeliveries(tx, webhook, wanted));
      await repo.updateWebhook(tx, id, { seq: last.seq });
      return entries.length === STEP;
    });

  async function look(): Promise<void> {
    for (const id of await repo.listLagging(database.db, MOST_WEBHOOKS))
      while (!stopping.signal.aborted && (await step(id)));
  }

  return {
    start(): void {
      looking = untimed(async () => {
        for (let round = 0; !stopping.signal.aborted; round++) {
          try {
            await look();
            if (round % FORGET_EVERY === 0) await repo.forgetOld(database.db);
          } catch (error) {
            if (!stopping.signal.aborted) logger.warn({ err: error }, 'webhooks could not be looked after');
          }
          await clock.sleep(LOOK_EVERY_MS, stopping.signal).catch(() => undefined);
        }
      });
    },
    async stop(): Promise<void> {
      stopping.abort(new Error('the server is stopping'));
      await looking;
    },
  };
}
