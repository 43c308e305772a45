// The node that holds two thirds of everybody is killed: all must be live again on the others in time, and Postgres, which
// allows little more than the pools need, must bear it.
import { type Cluster, startCluster } from '../../tests/cluster/cluster.ts';
import { type Crew, gatherCrew } from '../../tests/cluster/crew.ts';
import { findOffences } from '../../tests/cluster/proof.ts';
import { until } from '../../tests/support/until.ts';
import { cpuOf, tellCpu } from './cpu.ts';
import { type Options, requireFiles } from './options.ts';
import { seconds as inSeconds, type Outcome, tellAbsences, tellWork } from './report.ts';

const LIVE_LIMIT_MS = 15_000;
const POOL_SIZE = 10;
/** Three are kept by Postgres for its owner. */
const SPARE_CONNECTIONS = 5;
/** As long as the official libraries wait for a connection. */
const PATIENCE_MS = 20_000;
const WARM_UP_MESSAGES = 100;

export async function soakInStorm(options: Options): Promise<Outcome> {
  const { nodes: size, clients, rate, rooms, note } = options;
  requireFiles(clients);
  if (size < 2) throw new Error('--storm needs two nodes or more');
  const cluster = await startCluster(
    size,
    { DATABASE_POOL_SIZE: String(POOL_SIZE) },
    { max_connections: String(size * POOL_SIZE + SPARE_CONNECTIONS) },
  );
  const crews: Crew[] = [];
  try {
    const [falling, ...standing] = cluster.nodes as [Cluster['nodes'][0], ...Cluster['nodes']];
    const falls = (i: number) => i % 3 !== 0;
    let fallen = false;
    const nextUrl = (i: number) => () =>
      (falls(i) && !fallen ? falling : (standing[i % standing.length] as typeof falling)).url;
    for (let room = 0, gathered = 0; room < rooms; room++) {
      const from = gathered;
      gathered = Math.floor((clients * (room + 1)) / rooms);
      crews.push(
        await gatherCrew(cluster, gathered - from, (i) => nextUrl(from + i), {
          name: `Room ${room} sailor`,
          patienceMs: PATIENCE_MS,
        }),
      );
      note(`${gathered} clients are there`);
    }
    const everybody = crews.flatMap((crew) => crew.clients);
    for (const crew of crews) crew.write(rate / rooms);
    const acked = () => crews.flatMap((crew) => crew.book).filter((b) => b.acked !== undefined).length;
    await until('traffic flows', () => acked() >= WARM_UP_MESSAGES, 60_000);

    const marks = crews.map((crew) => Math.max(...crew.book.map((b) => b.acked?.seq ?? 0)));
    const fallers = new Set(everybody.filter((_, i) => falls(i)));
    fallen = true;
    await falling.kill();
    const before = cpuOf(cluster);
    const killed = before.at;
    note(`killed the node of ${fallers.size}`);
    const behind = () =>
      crews.flatMap((crew, room) =>
        crew.clients.filter(
          (c) =>
            !c.isJoined() ||
            (fallers.has(c) && c.joins.length < 2) ||
            (c.heard.findLast((h) => h.seq !== undefined)?.seq ?? 0) < (marks[room] as number),
        ),
      ).length;
    const offences: string[] = [];
    await until('everyone is live and caught up', () => behind() === 0, 4 * LIVE_LIMIT_MS).catch(
      (error: Error) => offences.push(`${error.message}; ${behind()} are not`),
    );
    const after = cpuOf(cluster);
    const took = after.at - killed;
    if (took > LIVE_LIMIT_MS) offences.push(`${inSeconds(took)} until everyone was live and caught up`);
    const unhurt = everybody.filter((c) => !fallers.has(c) && c.closes.length > 0).length;
    if (unhurt > 0) offences.push(`${unhurt} clients of the other nodes lost their connection as well`);

    await Promise.all(crews.map((crew) => crew.finish(60_000))).catch((error: Error) =>
      offences.push(error.message),
    );
    for (const [room, crew] of crews.entries())
      for (const offence of await findOffences(cluster, crew, 60_000))
        offences.push(`room ${room}: ${offence}`);
    const said = [cluster.postgres.log(), ...cluster.nodes.map((node) => node.process.output())].join('\n');
    const refused = said.match(/too many clients|remaining connection slots|53300/gi)?.length ?? 0;
    if (refused > 0) offences.push(`Postgres refused ${refused} connections`);
    const told = [
      `${clients} clients in ${rooms} rooms on ${size} nodes; the node of ${fallers.size} was killed`,
      `everyone was live and caught up after ${inSeconds(took)}`,
      `meanwhile, ${tellCpu(before, after)}`,
      `connections refused by Postgres: ${refused}, of ${size * POOL_SIZE + SPARE_CONNECTIONS} it allows`,
      ...tellWork(crews),
      tellAbsences(crews),
    ];
    return { told, offences };
  } finally {
    for (const crew of crews) crew.close();
    await cluster.stop();
  }
}
