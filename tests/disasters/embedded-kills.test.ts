// kill -9 again and again on the embedded database under load, once while it is opening. `npm run soak -- --embedded` does
// it twenty times with more people.
import { expect, onTestFinished, test } from 'vitest';
import { startEmbedded } from '../cluster/cluster.ts';
import { gatherCrew } from '../cluster/crew.ts';
import { findOffences } from '../cluster/proof.ts';
import { until } from '../support/until.ts';

const KILLS = 2;
const MIDDLE_OF_A_START_MS = 700;
const ACKS_BEFORE_KILL = 40;

test('every acknowledged message outlives every kill, once and in order, and the database opens each time', async () => {
  const fleet = await startEmbedded();
  onTestFinished(() => fleet.stop(), 60_000);
  const [node] = fleet.nodes as [(typeof fleet.nodes)[0]];
  const crew = await gatherCrew(fleet, 4);
  onTestFinished(() => crew.close());
  const acked = () => crew.book.filter((b) => b.acked !== undefined).length;
  crew.write(60);
  for (let kill = 0; kill < KILLS; kill++) {
    const before = acked();
    await until('traffic flows', () => acked() >= before + ACKS_BEFORE_KILL);
    await node.kill();
    if (kill === 0) await node.startAndKill(MIDDLE_OF_A_START_MS);
    // Throws when it does not open.
    await node.start();
  }
  await crew.finish(60_000);
  expect(await findOffences(fleet, crew, 60_000)).toEqual([]);
  expect(crew.book.length).toBeGreaterThan(KILLS * ACKS_BEFORE_KILL);
  expect(crew.clients.every((c) => c.joins.length > 1)).toBe(true);
}, 180_000);
