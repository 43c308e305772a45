// Redis is killed and stays away for a while: sends are taken, every node hears of them through the log, and all is as before
// when it is back.
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../../tests/cluster/crew.ts';
import { findOffences } from '../../tests/cluster/proof.ts';
import type { Options } from './options.ts';
import { type Outcome, p99, tellAbsences, tellTimes, tellWork, timesOf } from './report.ts';

const BEFORE_MS = 10_000;
const AFTER_MS = 15_000;
const DELIVERY_LIMIT_MS = 1500;
/** From the return of Redis until nodes hear each other by it again. */
const HEAL_LIMIT_MS = 2000;
const HEALED_DELIVERY_LIMIT_MS = 250;

export async function soakWithRedisGone(options: Options): Promise<Outcome> {
  const { nodes, clients, rate, seconds, note } = options;
  const cluster = await startCluster(nodes);
  let crew: Crew | undefined;
  try {
    crew = await gatherCrew(cluster, clients);
    crew.write(rate);
    await sleep(BEFORE_MS);
    await cluster.redis.crash();
    const gone = performance.now();
    note('Redis is gone');
    await sleep(seconds * 1000);
    await cluster.redis.start();
    const back = performance.now();
    note('Redis is back');
    await sleep(AFTER_MS);
    const offences: string[] = [];
    await crew.finish(30_000).catch((error: Error) => offences.push(error.message));
    offences.push(...(await findOffences(cluster, crew, 30_000)));
    for (const [reason, times] of crew.refusals) offences.push(`${times} sends were answered with ${reason}`);
    const closes = crew.clients.flatMap((c) => c.closes);
    if (closes.length > 0) offences.push(`${closes.length} connections ended`);
    const between = (from: number, to: number) =>
      timesOf([crew as Crew], ({ wantedAt }) => wantedAt >= from && wantedAt < to);
    const before = between(0, gone);
    const during = between(gone, back);
    const healed = between(back + HEAL_LIMIT_MS, Number.POSITIVE_INFINITY);
    if (p99(during.delivery) > DELIVERY_LIMIT_MS)
      offences.push(`without Redis the p99 of deliveries is ${Math.round(p99(during.delivery))} ms`);
    if (p99(healed.delivery) > HEALED_DELIVERY_LIMIT_MS)
      offences.push(
        `${HEAL_LIMIT_MS / 1000} s after its return the p99 of deliveries is still ${Math.round(p99(healed.delivery))} ms`,
      );
    const told = [
      `${clients} clients on ${nodes} nodes, Redis gone for ${seconds} s`,
      tellTimes('with Redis, send to acknowledgement', before.ack),
      tellTimes('with Redis, send to seen', before.delivery),
      tellTimes('without, send to acknowledgement', during.ack),
      tellTimes('without, send to seen', during.delivery),
      tellTimes(`${HEAL_LIMIT_MS / 1000} s after its return, send to seen`, healed.delivery),
      ...tellWork([crew]),
      tellAbsences([crew]),
    ];
    return { told, offences };
  } finally {
    crew?.close();
    await cluster.stop();
  }
}
