// Tells the service that posted a card what was done with it: `card.action`, signed, as often as it takes. At least once, under one
// id; what is told is read at that moment, so that of a deleted message nothing is.
import type { Clock } from '../../core/clock.ts';
import type { Database } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import { random } from '../../core/ids.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Outgoing } from '../../core/outgoing.ts';
import type { TextSealer } from '../../core/sealed-text.ts';
import type { CardPressed } from '../cards/service.ts';
import * as repo from './repository.ts';
import { notifySigned } from './signed-post.ts';
import { waitAfter } from './signing.ts';

const JOB = { name: 'webhooks.card_action' } as const;

interface Told {
  actionId: string;
}

export function createCardActions(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  clock: Clock;
  sealer: TextSealer;
  fetch: Outgoing;
}): JobDef<Told> {
  const { database, events, jobs, clock, sealer, fetch } = deps;

  events.on<CardPressed>('card.pressed', async (tx, pressed) => {
    for (const { tenantId, id, message } of pressed) {
      if (message.author.kind !== 'agent') continue;
      if (await repo.hasActionsUrl(tx, tenantId, message.author.id))
        await jobs.enqueue<Told>(tx, JOB, [{ actionId: id }]);
    }
  });

  function send(due: repo.DueAction, body: string, signal: AbortSignal): Promise<number | string> {
    return notifySigned(fetch, {
      url: due.url,
      secrets: [sealer.open(due.hookId, due.secret)],
      id: `act_${due.id.replaceAll('-', '')}`,
      timestamp: Math.floor(clock.now() / 1000),
      body,
      signal,
    });
  }

  return {
    ...JOB,
    // For faults of our own database; those of the receiver have tries of their own.
    retryLimit: 20,
    expireInSeconds: 60,
    concurrency: 2,
    async handle({ actionId: id }, { signal }) {
      const due = await repo.findDueAction(database.db, id);
      if (due === undefined) return;
      const { roomId, messageId, actionId, version } = due;
      const by = { id: due.userId, kind: due.userKind, handle: due.userHandle, name: due.userName };
      const at = due.createdAt.toISOString();
      const value = due.value === null ? {} : { value: due.value };
      const data = { roomId, messageId, actionId, id: due.pressId, by, at, ...value, version };
      const body = JSON.stringify({ type: 'card.action', timestamp: at, data });
      const answer = await send(due, body, signal);
      const over = typeof answer === 'number' && ((answer >= 200 && answer < 300) || answer === 410);
      const wait = over ? undefined : waitAfter(due.tries + 1, random());
      await database.transaction(async (tx) => {
        const status = typeof answer === 'number' ? `answered ${answer}` : answer;
        const recorded = await repo.recordTold(tx, due, { status, over: wait === undefined });
        if (recorded && wait !== undefined)
          await jobs.enqueue<Told>(tx, JOB, [{ actionId: id }], { delaySeconds: wait });
        // Whoever says that it is gone wants to hear no more.
        if (answer === 410) await repo.endActionsUrl(tx, due.hookId);
      });
    },
  };
}
