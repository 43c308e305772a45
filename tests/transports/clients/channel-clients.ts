// Public clients of Phoenix Channels, each as its authors published it: phoenix.js of every minor version and forks of it.
// Not here: @supabase/realtime-js, whose topics and answers are its own (supabase-realtime.test.ts), and @absinthe/socket,
// which speaks GraphQL on the topic `__absinthe__:control` and knows no rooms.
import type { Channel, Socket } from 'phoenix';
import XMLHttpRequest from 'xhr2';
import {
  createRecord,
  type Door,
  LOG_EVENTS,
  type PublicClient,
  type RoomClient,
  type Sent,
} from './room-client.ts';

interface Library {
  Socket: typeof Socket;
  LongPoll?: unknown;
}
type Load = () => Promise<object>;

async function load(from: Load): Promise<Library> {
  // Before 1.8 the library looks for a browser; this is as much of one as it needs. Not sooner: PGlite looks as well.
  const browser = { self: globalThis, window: globalThis, status: '', XMLHttpRequest };
  Object.assign(globalThis, browser);
  const loaded = (await from()) as Partial<Library> & { default?: Library };
  // Those published as CommonJS have all under `default`.
  return loaded.Socket === undefined ? (loaded.default as Library) : (loaded as Library);
}

const LIBRARIES: [name: string, from: Load, longPoll: boolean][] = [
  ['phoenix 1.2.1', () => import('phoenix-1.2'), false],
  ['phoenix 1.3.5', () => import('phoenix-1.3'), true],
  ['phoenix 1.4.18', () => import('phoenix-1.4'), true],
  ['phoenix 1.5.14', () => import('phoenix-1.5'), true],
  ['phoenix 1.6.16', () => import('phoenix-1.6'), true],
  ['phoenix 1.7.23', () => import('phoenix-1.7'), true],
  ['phoenix 1.8.0', () => import('phoenix-1.8.0'), true],
  ['phoenix 1.8.16', () => import('phoenix'), true],
  ['@supabase/phoenix 0.4.5', () => import('@supabase/phoenix'), true],
  ['phoenix-socket 1.2.3', () => import('phoenix-socket'), false],
  ['phoenix-channels 1.0.0', () => import('phoenix-channels'), false],
];

export const CHANNEL_CLIENTS: PublicClient[] = [
  ...LIBRARIES.map(([name, from]) => ({
    name: `${name} over WebSocket`,
    open: async (door: Door) => openChannel(await load(from), door, {}),
  })),
  ...LIBRARIES.filter(([, , longPoll]) => longPoll).map(([name, from]) => ({
    name: `${name} over LongPoll`,
    async open(door: Door) {
      const library = await load(from);
      return openChannel(library, door, { transport: library.LongPoll });
    },
  })),
];

/** Soon, and then later: clients up to 1.3 ask again by this clock even while a join is under way. */
const soon = (tries: number) => Math.min(20 * 3 ** tries, 2000);

function openChannel({ Socket }: Library, door: Door, options: object): Promise<RoomClient> {
  const record = createRecord();
  const socket = new Socket(`${door.url.replace('http', 'ws')}/socket`, {
    ...options,
    params: { token: door.token },
    reconnectAfterMs: soon,
    rejoinAfterMs: soon,
    // 1.5 keeps its timer after the end: it must be over before the test looks for timers.
    heartbeatIntervalMs: 2000,
  });
  socket.connect();
  const channel = socket.channel(`room:${door.room}`, record.params);
  for (const type of LOG_EVENTS) channel.on(type, (payload: object) => record.live(type, payload));
  return new Promise((resolve, reject) => {
    channel
      .join()
      .receive('ok', (reply) => {
        record.joined(reply);
        resolve({
          record,
          send: (body) => pushed(channel.push('send_message', { body })),
          close: async () => {
            await ended(channel.leave());
            await new Promise<void>((done) => socket.disconnect(() => done()));
            // Clients up to 1.4 forget to.
            clearInterval((socket as { heartbeatTimer?: NodeJS.Timeout }).heartbeatTimer);
          },
        });
      })
      .receive('error', (problem) => reject(new Error(`not joined: ${JSON.stringify(problem)}`)));
  });
}

const ended = (push: ReturnType<Channel['push']>): Promise<void> =>
  new Promise((resolve) => {
    push.receive('ok', () => resolve()).receive('timeout', () => resolve());
  });

const pushed = (push: ReturnType<Channel['push']>): Promise<Sent> =>
  new Promise((resolve, reject) => {
    push
      .receive('ok', resolve)
      .receive('error', (problem: object) => reject(new Error(JSON.stringify(problem))))
      .receive('timeout', () => reject(new Error('no reply within 10 s')));
  });
