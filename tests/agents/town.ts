// A server with people, rooms and agents whose model is played by the test. Everything is asked through operations, as a
// transport would; what a room hears is written down from the bus.
import type { AgentsOverrides } from '../../src/agents/layer.ts';
import type { Llm, LlmEvent, LlmRequest } from '../../src/agents/llm/llm.ts';
import type { Agent } from '../../src/agents/profiles/contract.ts';
import type { Run, RunStep, Turn } from '../../src/agents/runtime/contract.ts';
import type { Clock } from '../../src/core/clock.ts';
import { newId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scope.ts';
import type { Message } from '../../src/server/messages/contract.ts';
import type { Room } from '../../src/server/rooms/contract.ts';
import type { Tool } from '../../src/tools/tool.ts';
import { type DatabaseKind, startApp, type TestApp } from '../support/app.ts';
import { until } from '../support/until.ts';

export interface Heard {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: payloads of many types, looked into by hand
  payload: any;
}

export type Play = (request: LlmRequest, call: number) => AsyncIterable<LlmEvent> | Iterable<LlmEvent>;

export interface Town {
  test: TestApp;
  app: TestApp['app'];
  /** Requests that reached the model, in order. */
  requests: LlmRequest[];
  /** What the model does from now on; `call` counts from 1 at each `plays`. */
  plays(play: Play): void;
  /** Called at each boundary of a run from now on. */
  at(hook: AgentsOverrides['onBoundary'] | undefined): void;
  person(name: string): Promise<Scope>;
  /** A person of another tenant. */
  stranger(name: string): Promise<Scope>;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many types
  call(scope: Scope, name: string, input?: object): Promise<any>;
  agent(owner: Scope, more?: object): Promise<Agent>;
  /** A room of this owner, with these agents in it. */
  room(owner: Scope, ...agents: Agent[]): Promise<Room>;
  say(scope: Scope, room: { id: string }, body: string, more?: object): Promise<Message>;
  messages(scope: Scope, room: { id: string }): Promise<Message[]>;
  turns(scope: Scope, room: { id: string }, message: { id: string }): Promise<Turn[]>;
  runs(owner: Scope, agent: { id: string }): Promise<Run[]>;
  run(scope: Scope, runId: string): Promise<Run & { steps: RunStep[] }>;
  /** What the room hears from now on. */
  listen(room: { id: string }): Heard[];
  /** What this person hears alone, from now on. */
  listenTo(person: Scope): Heard[];
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export const usage = { inputTokens: 10, outputTokens: 5 };
export const text = (words: string): LlmEvent => ({ type: 'text', text: words });
export const done = (stopReason: 'end' | 'tool_use' | 'refusal' = 'end'): LlmEvent => ({
  type: 'done',
  stopReason,
  usage,
  model: 'played-1',
});
export const saying = (...pieces: string[]): LlmEvent[] => [...pieces.map(text), done()];
export const calling = (name: string, args: unknown, before = ''): LlmEvent[] => [
  ...(before === '' ? [] : [text(before)]),
  { type: 'tool_call', id: `call_${name}`, name, args },
  done('tool_use'),
];

export async function startTown(
  options: {
    database?: DatabaseKind;
    played?: boolean;
    play?: Play;
    config?: Record<string, string>;
    tools?: readonly Tool[];
    clock?: Clock;
  } = {},
): Promise<Town> {
  const requests: LlmRequest[] = [];
  let play: Play = options.play ?? (() => saying('Hello.'));
  let calls = 0;
  let hook: AgentsOverrides['onBoundary'] | undefined;
  const llm: Llm = {
    provider: 'played',
    async *stream(request) {
      requests.push(request);
      yield* play(request, ++calls);
    },
  };
  const test = await startApp({
    ...(options.database === undefined ? {} : { database: options.database }),
    config: { AGENT_MAX_RETRIES: '0', ...options.config },
    overrides: {
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      agents: {
        ...(options.played === false ? {} : { llm }),
        ...(options.tools === undefined ? {} : { tools: options.tools }),
        onBoundary: (at) => hook?.(at),
      },
    },
  });
  const { app } = test;
  const { parts } = app;

  const town: Town = {
    test,
    app,
    requests,
    plays(next) {
      play = next;
      calls = 0;
      requests.length = 0;
    },
    at(next) {
      hook = next;
    },
    async person(name) {
      const { token } = await parts.identity.signInLocally(name);
      return parts.identity.authenticate(token, 'rest');
    },
    async stranger(name) {
      const tenantId = newId();
      const id = newId();
      const handle = name.toLowerCase();
      await parts.database.db.insertInto('tenants').values({ id: tenantId, name: 'Elsewhere' }).execute();
      const user = { id, tenantId, kind: 'human' as const, handle, handleKey: handle, name };
      await parts.database.db.insertInto('users').values(user).execute();
      return parts.identity.authenticate(await parts.tokens.sign({ userId: id, tenantId }), 'rest');
    },
    async call(scope, name, input = {}) {
      const operation = parts.operations.bySocket(name) ?? parts.operations.byName(name);
      if (operation === undefined) throw new Error(`No operation is named ${name}.`);
      const answer = await parts.operations.call(operation, scope, input, {
        surface: 'rest',
        address: 'test',
      });
      return operation.def.output.parse(answer);
    },
    agent: (owner, more = {}) =>
      town.call(owner, 'create_agent', { name: `Bot ${newId().slice(-6)}`, ...more }),
    async room(owner, ...agents) {
      const room = await town.call(owner, 'create_room', { name: 'A room' });
      for (const agent of agents)
        await town.call(owner, 'invite_agent', { roomId: room.id, agentId: agent.id });
      return room;
    },
    say: (scope, room, body, more = {}) =>
      town.call(scope, 'send_message', { roomId: room.id, body, ...more }),
    messages: async (scope, room) => (await town.call(scope, 'list_messages', { roomId: room.id })).data,
    turns: async (scope, room, message) =>
      (await town.call(scope, 'list_turns', { roomId: room.id, messageId: message.id })).data,
    runs: async (owner, agent) => (await town.call(owner, 'list_runs', { agentId: agent.id })).data,
    run: (scope, runId) => town.call(scope, 'get_run', { runId }),
    listen(room) {
      const heard: Heard[] = [];
      parts.bus.subscribe(`room:${room.id}`, (message) => {
        if (message.kind === 'signal') heard.push({ type: message.type, payload: JSON.parse(message.json) });
        else for (const { type, json } of message.entries) heard.push({ type, payload: JSON.parse(json) });
      });
      return heard;
    },
    listenTo(person) {
      const heard: Heard[] = [];
      parts.bus.subscribe(`user:${person.user.id}`, (message) => {
        if (message.kind === 'signal') heard.push({ type: message.type, payload: JSON.parse(message.json) });
      });
      return heard;
    },
    settle: () => app.settle(),
    stop: () => test.stop(),
  };
  return town;
}

/** Until a run of the agent is no longer waiting or worked on. */
export async function untilOver(town: Town, owner: Scope, agent: { id: string }): Promise<Run> {
  let run: Run | undefined;
  await until('the run is over', async () => {
    [run] = await town.runs(owner, agent);
    return run !== undefined && run.status !== 'queued' && run.status !== 'running';
  });
  return run as Run;
}

/** The text a client shows after applying the deltas of one message in order. */
export function assemble(heard: Heard[]): string {
  let shown = '';
  for (const { type, payload } of heard)
    if (type === 'agent_message_delta') shown = shown.slice(0, payload.at) + payload.text;
  return shown;
}
