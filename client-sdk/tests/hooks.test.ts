// The hooks in React itself: in StrictMode each listens once and stops with its component, and a change renders only what shows it.
import { act, createElement, memo } from 'react';
import { describe, expect, it, vi } from 'vitest';
import type { Client, Store, UploadSnapshot, UploadTask } from '../src/api.ts';
import * as hooks from '../src/react/hooks.ts';
import { createStore } from '../src/store.ts';
import type { ScheduledItem } from '../src/wire.ts';
import { render } from './react.ts';
import { setUp } from './support.ts';

/** Ada connected, listening to nothing; in the lobby a message with a reply and a mention of hers. */
async function open() {
  const world = setUp();
  const { server, client, time } = world;
  const root = server.post('lobby', 'bob', 'root');
  const reply = server.post('lobby', 'bob', '@ada reply', { threadId: root.id });
  const other = server.post('lobby', 'bob', '@ada other');
  client.connect();
  await time.advance(100);
  const upload = createStore<UploadSnapshot>({ status: 'sending', name: 'plan', bytes: 2, sent: 0 });
  return { ...world, root, reply, other, upload, lobby: client.room('lobby') };
}
type World = Awaited<ReturnType<typeof open>>;

const item = (more: Partial<ScheduledItem> = {}): ScheduledItem =>
  ({ id: 's1', kind: 'message', status: 'waiting', body: 'later', ...more }) as ScheduledItem;

interface Hook {
  use(world: World): unknown;
  /** What it looks at. */
  store(world: World): Store<unknown>;
  /** What it keeps live. */
  hold?: (world: World) => object;
  /** Something that it shows. */
  change(world: World): unknown;
}
const HOOKS: Record<string, Hook> = {
  useConnection: {
    use: () => hooks.useConnection(),
    store: ({ client }) => client.state,
    change: ({ server }) => server.disconnectAll(),
  },
  useRooms: {
    use: () => hooks.useRooms({ follow: true }),
    store: ({ client }) => client.rooms,
    hold: ({ client }) => client.rooms,
    change: ({ server }) => server.post('lobby', 'bob', 'unread'),
  },
  useRoom: {
    use: () => hooks.useRoom('lobby'),
    store: ({ lobby }) => lobby,
    hold: ({ lobby }) => lobby,
    change: ({ server }) => server.post('lobby', 'bob', 'new'),
  },
  useHistory: {
    use: () => hooks.useHistory('lobby'),
    store: ({ lobby }) => lobby.history,
    hold: ({ lobby }) => lobby,
    change: ({ server }) => server.post('lobby', 'bob', 'new'),
  },
  useThread: {
    use: ({ root }) => hooks.useThread('lobby', root.id),
    store: ({ lobby, root }) => lobby.thread(root.id),
    hold: ({ lobby, root }) => lobby.thread(root.id),
    change: ({ server, root }) => server.post('lobby', 'bob', 'new', { threadId: root.id }),
  },
  usePins: {
    use: () => hooks.usePins('lobby'),
    store: ({ lobby }) => lobby.pins,
    hold: ({ lobby }) => lobby.pins,
    change: ({ server, root }) => server.pin(root.id, 'bob'),
  },
  useCan: {
    use: () => hooks.useCan('lobby', 'message.send'),
    store: ({ lobby }) => lobby.rights,
    hold: ({ lobby }) => lobby.rights,
    change({ server }) {
      server.forbid('lobby', { 'message.send': { allowed: false, reason: 'muted' } });
      server.post('lobby', 'ada', 'asks again');
    },
  },
  useCommands: {
    use: () => hooks.useCommands('lobby'),
    store: ({ lobby }) => lobby.commands,
    hold: ({ lobby }) => lobby.commands,
    change: ({ server }) => server.setCommands('lobby', 'help', 'plan'),
  },
  useDraft: {
    use: () => hooks.useDraft('lobby'),
    store: ({ lobby }) => lobby.draft,
    change: ({ lobby }) => lobby.draft.set('words'),
  },
  'useDraft of a thread': {
    use: ({ root }) => hooks.useDraft('lobby', root.id),
    store: ({ lobby, root }) => lobby.thread(root.id).draft,
    change: ({ lobby, root }) => lobby.thread(root.id).draft.set('words'),
  },
  useUpload: {
    use: ({ upload }) => hooks.useUpload(upload as unknown as UploadTask),
    store: ({ upload }) => upload,
    change: ({ upload }) => upload.set({ ...upload.getSnapshot(), sent: 1 }),
  },
  useInbox: {
    use: () => hooks.useInbox(),
    store: ({ client }) => client.inbox,
    hold: ({ client }) => client.inbox,
    change: ({ server }) => server.post('lobby', 'bob', '@ada again'),
  },
  useSaved: {
    use: () => hooks.useSaved(),
    store: ({ client }) => client.saved,
    hold: ({ client }) => client.saved,
    change: ({ client, root }) => client.saved.add(root.id),
  },
  useScheduled: {
    use: () => hooks.useScheduled(),
    store: ({ client }) => client.scheduled,
    hold: ({ client }) => client.scheduled,
    change: ({ server }) => server.tellUser('ada', 'scheduled_changed', { item: item() }),
  },
};

/** Counts calls of a function that answers its own off, and how many of them are not off. */
function counted(object: object, name: string) {
  const given = object as Record<string, (...args: unknown[]) => () => void>;
  const original = given[name] as (...args: unknown[]) => () => void;
  const count = { calls: 0, live: 0 };
  vi.spyOn(given, name).mockImplementation((...args) => {
    count.calls += 1;
    count.live += 1;
    const off = original(...args);
    let over = false;
    return () => {
      if (!over) count.live -= 1;
      over = true;
      off();
    };
  });
  return count;
}

describe.each(Object.entries(HOOKS))('%s', (_, { use, store, hold, change }) => {
  it('listens once, in StrictMode too, shows a change, and stops with its component', async () => {
    const world = await open();
    const { client, time, server } = world;
    const looked = store(world);
    const subscribed = counted(looked, 'subscribe');
    const held = hold?.(world);
    const kept = held === undefined ? undefined : counted(held, 'join' in held ? 'join' : 'follow');
    let renders = 0;
    const view = await render(
      client,
      () => {
        renders += 1;
        use(world);
        return null;
      },
      { strict: true },
    );
    await act(() => time.advance(500));
    expect(looked.getSnapshot()).toBe(looked.getSnapshot());
    const before = renders;
    await act(async () => {
      change(world);
      await time.advance(2000);
    });
    expect(renders).toBeGreaterThan(before);
    // StrictMode mounts, unmounts, mounts again. A render subscribes to nothing.
    expect(subscribed).toEqual({ calls: 2, live: 1 });
    if (kept !== undefined) expect(kept).toEqual({ calls: 2, live: 1 });
    expect(view.problems()).toEqual([]);

    await view.unmount();
    expect([subscribed.live, kept?.live ?? 0]).toEqual([0, 0]);
    await time.advance(5000);
    const told = (name: string) => server.calls.filter((call) => call.name === name).length;
    expect(told('leave_room')).toBe(told('join_room') > 0 ? 1 : 0);
    client.close();
    await time.advance(10);
    expect(time.pending).toBe(0);
  });
});

/** How often each row was rendered since it was last asked. */
function createRows<P extends { id: string }>(useRow: (props: P) => unknown = () => undefined) {
  const renders: string[] = [];
  const Row = memo((props: { of: P }) => {
    useRow(props.of);
    renders.push(props.of.id);
    return null;
  });
  return {
    of: (items: readonly P[], key = (item: P) => item.id) =>
      items.map((one) => createElement(Row, { key: key(one), of: one })),
    taken: () => renders.splice(0),
  };
}

describe('a change renders one row', () => {
  async function show(client: Client, list: () => React.ReactNode, time: World['time']) {
    const view = await render(client, list as () => React.JSX.Element);
    await act(() => time.advance(500));
    return {
      after: (what: () => unknown) =>
        act(async () => {
          what();
          await time.advance(500);
        }),
      async end() {
        expect(view.problems()).toEqual([]);
        await view.unmount();
        client.close();
      },
    };
  }
  const byId = new Map<string, { id: string }>();
  /** The same object for the same id: a row that takes no more than the id. */
  const named = (id: string) => byId.get(id) ?? byId.set(id, { id }).get(id) ?? { id };

  it('of the messages, and a delta that of its stream', async () => {
    const { client, server, time, root, other } = await open();
    const rows = createRows<{ id: string }>(({ id }) => hooks.useMessage('lobby', id));
    const streams = createRows<{ id: string }>(({ id }) => hooks.useStream('lobby', id));
    const { after, end } = await show(
      client,
      () => {
        const { messages, streams: all } = hooks.useRoom('lobby');
        return [...rows.of(messages.map(({ id }) => named(id))), ...streams.of(Object.keys(all).map(named))];
      },
      time,
    );
    rows.taken();
    await after(() => server.edit(root.id, 'better'));
    expect(rows.taken()).toEqual([root.id]);
    await after(() => server.react(other.id, 'bob', '👍'));
    expect(rows.taken()).toEqual([other.id]);
    const delta = (messageId: string, at: number, text: string) =>
      server.signal('lobby', 'agent_message_delta', { agentId: 'agent', runId: 'run', messageId, at, text });
    await after(() => {
      delta('a', 0, 'one');
      delta('b', 0, 'uno');
    });
    streams.taken();
    await after(() => delta('b', 3, ' dos'));
    expect([rows.taken(), streams.taken()]).toEqual([[], ['b']]);
    await end();
  });

  it('of a thread', async () => {
    const { client, server, time, root, reply } = await open();
    server.post('lobby', 'bob', 'second', { threadId: root.id });
    const rows = createRows<{ id: string }>(({ id }) => hooks.useThreadMessage('lobby', root.id, id));
    const { after, end } = await show(
      client,
      () => rows.of(hooks.useThread('lobby', root.id).replies.map(({ id }) => named(id))),
      time,
    );
    expect(rows.taken()).toHaveLength(2);
    await after(() => server.edit(reply.id, 'better'));
    expect(rows.taken()).toEqual([reply.id]);
    await end();
  });

  it('of the past', async () => {
    const { client, server, time, root, lobby } = await open();
    for (let i = 0; i < 80; i++) server.post('lobby', 'bob', `m${i}`);
    const rows = createRows<{ id: string }>();
    const { after, end } = await show(client, () => rows.of(hooks.useHistory('lobby').messages), time);
    await after(() => lobby.history.loadBefore());
    expect(rows.taken()).toContain(root.id);
    await after(() => server.edit(root.id, 'better'));
    expect(rows.taken()).toEqual([root.id]);
    await end();
  });

  it('of the pins', async () => {
    const { client, server, time, root, other } = await open();
    for (const { id } of [root, other]) server.pin(id, 'bob');
    const rows = createRows<{ id: string }>();
    const { after, end } = await show(client, () => rows.of(hooks.usePins('lobby').messages), time);
    rows.taken();
    await after(() => server.edit(root.id, 'better'));
    expect(rows.taken()).toEqual([root.id]);
    await after(() => server.disconnectAll());
    await after(() => time.advance(5000));
    expect(rows.taken()).toEqual([]);
    await end();
  });

  it('of the inbox, also when it was read elsewhere and is fetched anew', async () => {
    const { client, server, time } = await open();
    const rows = createRows<{ id: string }>();
    const { after, end } = await show(client, () => rows.of(hooks.useInbox().items), time);
    const [, second] = rows.taken();
    await after(() => server.ask('ada', 'mark_notifications_read', { ids: [second] }));
    expect(rows.taken()).toEqual([second]);
    await end();
  });

  it('of what I saved, also with a note from elsewhere', async () => {
    const { client, server, time, root, other } = await open();
    for (const { id } of [root, other]) server.ask('ada', 'save_message', { messageId: id });
    const rows = createRows<{ id: string; note?: string }>();
    const { after, end } = await show(
      client,
      () =>
        rows.of(
          hooks.useSaved().items as never,
          (one) => (one as never as { message: { id: string } }).message.id,
        ),
      time,
    );
    expect(rows.taken()).toHaveLength(2);
    await after(() => server.ask('ada', 'save_message', { messageId: root.id, note: 'read it' }));
    expect(rows.taken()).toHaveLength(1);
    await end();
  });

  it('of what I left for later', async () => {
    const { client, server, time } = await open();
    const rows = createRows<ScheduledItem>();
    const tell = (one: ScheduledItem) => server.tellUser('ada', 'scheduled_changed', { item: one });
    const { after, end } = await show(client, () => rows.of(hooks.useScheduled().items), time);
    await after(() => ['s1', 's2'].forEach((id) => void tell(item({ id }))));
    rows.taken();
    await after(() => tell(item({ id: 's2', body: 'better' })));
    expect(rows.taken()).toEqual(['s2']);
    await end();
  });

  it('a right another than that which is asked about renders nothing', async () => {
    const { client, server, time } = await open();
    let renders = 0;
    const { after, end } = await show(
      client,
      () => {
        renders += 1;
        hooks.useCan('lobby', 'message.send');
        return null;
      },
      time,
    );
    const before = renders;
    await after(() => {
      server.forbid('lobby', { 'message.pin': { allowed: false, reason: 'role' } });
      server.post('lobby', 'ada', 'asks again');
    });
    expect(renders).toBe(before);
    await end();
  });
});
