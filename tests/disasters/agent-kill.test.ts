// kill -9 while an agent answers: after the restart each question is answered exactly once, and no run stays open.
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { rest } from '../support/chat-clients.ts';
import { freePort } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startOn, temporaryFolder } from './folder.ts';
import { readLog, setStage } from './story.ts';

const QUESTIONS = 12;

interface Turn {
  run?: { id: string; status: string };
}

test('an interrupted agent answers each question once after the restart', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = await startOn(folder, port);
  const stage = await setStage(first.url, 2);
  onTestFinished(() => {
    for (const client of stage.clients) client.close();
  });
  const agents = await rest<{ data: { id: string; handle: string }[] }>(
    first.url,
    stage.token,
    'GET',
    '/api/users?kind=agent',
  );
  const agentId = agents.data.find((agent) => agent.handle === 'parley')?.id as string;
  await rest(first.url, stage.token, 'POST', `/api/rooms/${stage.roomId}/agents`, { agentId });

  const questions = Array.from({ length: QUESTIONS }, (_, i) => ({
    id: randomUUID(),
    body: `@parley what is ${i + 3} * 17?`,
  }));
  await Promise.all(questions.map((q, i) => stage.clients[i % 2]?.send(q)));
  const [listener] = stage.clients;
  const answered = () => listener?.heard.filter((h) => h.type === 'agent_message').length ?? 0;
  // In the middle: one answer is being written, others wait.
  await until(
    'an answer is being written',
    () => answered() >= 1 && listener?.heard.at(-1)?.type === 'agent_message_delta',
  );
  first.kill('SIGKILL');
  await first.whenEnded;
  expect(answered()).toBeLessThan(QUESTIONS);

  const second = await startOn(folder, port);
  const turnOf = async (messageId: string): Promise<Turn | undefined> =>
    (
      await rest<{ data: Turn[] }>(
        second.url,
        stage.token,
        'GET',
        `/api/rooms/${stage.roomId}/turns?messageId=${messageId}`,
      )
    ).data[0];
  const turns = async () => Promise.all(questions.map((q) => turnOf(q.id)));
  await until(
    'every run is over',
    async () => (await turns()).every((turn) => turn?.run?.status === 'completed'),
    60_000,
  );

  const runs = (await turns()).map((turn) => turn?.run?.id);
  const log = await readLog(second.url, stage);
  const answers = log.filter((entry) => entry.type === 'agent_message');
  const answeredRuns = answers.map((entry) => (entry.payload.run as { id: string }).id);
  expect(answeredRuns.toSorted()).toEqual(runs.toSorted());
  for (const [i, runId] of runs.entries()) {
    const answer = answers.find((entry) => (entry.payload.run as { id: string }).id === runId);
    expect(answer?.payload.body).toContain(String((i + 3) * 17));
  }
}, 120_000);
