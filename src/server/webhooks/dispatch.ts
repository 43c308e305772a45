// Turns entries of rooms' logs into deliveries: each webhook reads its room's log on from where it was, in the transaction that
// stores the deliveries and their jobs. A send does nothing for it, and nothing is lost when a server dies.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import type { Jobs } from '../../core/jobs.ts';
import type { Logger } from '../../core/logger.ts';
import { createRounds, type Rounds } from '../../core/rounds.ts';
import { DELIVER } from './delivery.ts';
import * as repo from './repository.ts';

const LOOK_EVERY_MS = 1000;
const MOST_WEBHOOKS = 100;
const STEP = 200;
/** Looks between two rounds of forgetting. */
const FORGET_EVERY = 3600;

export function createDispatch(deps: {
  database: Database;
  jobs: Jobs;
  clock: Clock;
  logger: Logger;
}): Rounds {
  const { database, jobs, clock, logger } = deps;
  let round = 0;

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

  return createRounds({
    clock,
    logger,
    everyMs: LOOK_EVERY_MS,
    failed: 'webhooks could not be looked after',
    atOnce: true,
    async run(signal) {
      for (const id of await repo.listLagging(database.db, MOST_WEBHOOKS))
        while (!signal.aborted && (await step(id)));
      if (round++ % FORGET_EVERY === 0) await repo.forgetOld(database.db);
    },
  });
}
