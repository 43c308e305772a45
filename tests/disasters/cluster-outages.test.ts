// What people see while Postgres or Redis is away: a plain "try again" in time from the one, nothing at all from the other;
// and that all of it, jobs and agents included, comes back by itself.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Cluster, freezePostgres, signal, startCluster, thawPostgres } from '../cluster/cluster.ts';
import { type Crew, gatherCrew } from '../cluster/crew.ts';
import { findOffences } from '../cluster/proof.ts';
import { type ChatClient, rest } from '../support/chat-clients.ts';
import { until } from '../support/until.ts';

/** Three seconds by the design, and room for a busy machine. */
const REFUSAL_LIMIT_MS = 5000;
/** Longer than the driver waits for an answer, so that connections are given up in the middle of a transaction. */
const LONG_FREEZE_MS = 13_500;
/** Longest that an entry takes to the other node by the log alone, while nothing says that the bus is broken. */
const SILENT_BUS_LIMIT_MS = 10_000;
const hasBoth = inject('postgresUrl') !== undefined && inject('redisUrl') !== undefined;

describe.runIf(hasBoth)('two nodes whose database or bus is away', () => {
  let cluster: Cluster;
  let crew: Crew;
  let here: ChatClient;
  let there: ChatClient;

  beforeAll(async () => {
    cluster = await startCluster(2);
    // Two on each node, one of each protocol.
    crew = await gatherCrew(cluster, 4, (i) => () => (cluster.nodes[i < 2 ? 0 : 1] as { url: string }).url);
    await inviteAgent();
    [here, , , there] = crew.clients as [ChatClient, ChatClient, ChatClient, ChatClient];
  }, 90_000);
  afterAll(async () => {
    crew?.close();
    await cluster?.stop();
  }, 60_000);

  const send = (client: ChatClient, body: string, id: string = randomUUID()) =>
    client.send({ id, body }, 15_000);
  const heard = (client: ChatClient, text: string) =>
    client.heard.some((h) => String(h.payload.body).includes(text));

  async function expectRefused(client: ChatClient, body: string, id: string): Promise<void> {
    const asked = performance.now();
    await expect(send(client, body, id)).rejects.toThrow('database_unavailable');
    expect(performance.now() - asked).toBeLessThan(REFUSAL_LIMIT_MS);
  }

  async function inviteAgent(): Promise<void> {
    const { url } = cluster.nodes[0] as { url: string };
    const path = '/api/users?kind=agent';
    const agents = await rest<{ data: { id: string; handle: string }[] }>(url, crew.token, 'GET', path);
    const agentId = agents.data.find((agent) => agent.handle === 'parley')?.id;
    await rest(url, crew.token, 'POST', `/api/rooms/${crew.roomId}/agents`, { agentId });
  }

  /** Asks the scripted agent, who answers by a job. */
  async function expectAgentAnswers(client: ChatClient): Promise<void> {
    const before = client.heard.length;
    await send(client, '@parley are you there?');
    await until('the agent has answered', () =>
      client.heard.slice(before).some((h) => h.type === 'agent_message'),
    );
  }

  test('a frozen Postgres: refused in time, and everything is back when it is, however long it took', async () => {
    const ids = crew.clients.map(() => randomUUID());
    freezePostgres(cluster.postgres);
    const frozen = performance.now();
    try {
      await Promise.all(crew.clients.map((c, i) => expectRefused(c, `frozen ${i}`, ids[i] as string)));
      // And again, when all connections are stuck.
      await Promise.all(crew.clients.map((c, i) => expectRefused(c, `frozen ${i}`, ids[i] as string)));
      await until('the driver has given up', () => performance.now() - frozen > LONG_FREEZE_MS);
    } finally {
      thawPostgres(cluster.postgres);
    }
    await until('sends are taken again', () => send(here, 'thawed').then(Boolean, () => false));
    await Promise.all(crew.clients.map((c, i) => send(c, `frozen ${i}`, ids[i] as string)));
    await until('all have heard all', () =>
      crew.clients.every((c) => ids.every((_, i) => heard(c, `frozen ${i}`))),
    );
    await expectAgentAnswers(here);
    expect(await findOffences(cluster, crew)).toEqual([]);
  }, 90_000);

  test('a Postgres that is killed and restarted: refused in time, then taken; jobs go on', async () => {
    const id = randomUUID();
    await cluster.postgres.crash();
    await expectRefused(here, 'crashed', id);
    await expectRefused(there, 'crashed there', randomUUID());
    await cluster.postgres.start();
    await until('sends are taken again', () => send(here, 'crashed', id).then(Boolean, () => false));
    await until('the other node has it', () => heard(there, 'crashed'));
    await expectAgentAnswers(there);
    expect(await findOffences(cluster, crew)).toEqual([]);
  }, 90_000);

  test('a Postgres that dies while agents answer: each question is answered once', async () => {
    const questions = Array.from({ length: 6 }, (_, i) => ({
      id: randomUUID(),
      answer: String((i + 3) * 17),
    }));
    const before = here.heard.length;
    for (const [i, { id }] of questions.entries())
      await send(i % 2 === 0 ? here : there, `@parley what is ${i + 3} * 17?`, id);
    await until('an answer is being written', () =>
      here.heard.slice(before).some((h) => h.type === 'agent_message_delta'),
    );
    await cluster.postgres.crash();
    await cluster.postgres.start();
    const { url } = cluster.nodes[0] as { url: string };
    const runOf = async ({ id }: { id: string }) => {
      const path = `/api/rooms/${crew.roomId}/turns?messageId=${id}`;
      type Turns = { data: { run?: { id: string; status: string } }[] };
      return (await rest<Turns>(url, crew.token, 'GET', path)).data[0]?.run;
    };
    const runs = () => Promise.all(questions.map(runOf)).catch(() => []);
    await until(
      'every run is over',
      async () => {
        const all = await runs();
        return all.length === questions.length && all.every((run) => run?.status === 'completed');
      },
      60_000,
    );
    expect(await findOffences(cluster, crew)).toEqual([]);
    const answers = here.heard.slice(before).filter((h) => h.type === 'agent_message');
    const answered = answers.map((h) => (h.payload.run as { id: string }).id);
    expect(answered.toSorted()).toEqual((await runs()).map((run) => run?.id).toSorted());
    for (const { answer } of questions)
      expect(answers.filter((h) => String(h.payload.body).includes(answer))).toHaveLength(1);
  }, 90_000);

  test('a frozen Redis: sends go on, and reach the other node through the log', async () => {
    signal(cluster.redis.pid(), 'SIGSTOP');
    try {
      for (let i = 0; i < 10; i++) await send(here, `without Redis ${i}`);
      await until('the other node has them', () => heard(there, 'without Redis 9'), SILENT_BUS_LIMIT_MS);
    } finally {
      signal(cluster.redis.pid(), 'SIGCONT');
    }
    await send(there, 'with Redis');
    await until('the first node has it', () => heard(here, 'with Redis'));
    expect(await findOffences(cluster, crew)).toEqual([]);
  }, 60_000);
});
