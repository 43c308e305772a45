// Public clients of Socket.IO: every minor version that brought a new wire or a new engine, on each transport.
import type { io as Io } from 'socket.io-client';
import {
  createRecord,
  type Door,
  LOG_EVENTS,
  type PublicClient,
  type RoomClient,
  type Sent,
} from './room-client.ts';

const LIBRARIES: [name: string, load: () => Promise<object>][] = [
  ['socket.io-client 3.1.3', () => import('socket.io-client-3.1')],
  ['socket.io-client 4.0.2', () => import('socket.io-client-4.0')],
  ['socket.io-client 4.5.4', () => import('socket.io-client-4.5')],
  ['socket.io-client 4.7.5', () => import('socket.io-client-4.7')],
  ['socket.io-client 4.8.4', () => import('socket.io-client')],
];

const TRANSPORTS: [name: string, transports: string[]][] = [
  ['WebSocket', ['websocket']],
  ['polling', ['polling']],
  ['polling, then WebSocket', ['polling', 'websocket']],
];

export const SOCKETIO_CLIENTS: PublicClient[] = LIBRARIES.flatMap(([name, load]) =>
  TRANSPORTS.map(([how, transports]) => ({
    name: `${name} over ${how}`,
    async open(door: Door) {
      const { io } = (await load()) as { io: typeof Io };
      return openSocket(io, door, transports);
    },
  })),
);

type Answer<T> = { ok: true; data: T } | { ok: false; error: object };

function openSocket(io: typeof Io, door: Door, transports: string[]): Promise<RoomClient> {
  const record = createRecord();
  const socket = io(door.url, {
    auth: { token: door.token },
    transports,
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 20,
  });
  for (const type of LOG_EVENTS) socket.on(type, (payload: object) => record.live(type, payload));
  const call = <T>(event: string, input: object): Promise<T> =>
    new Promise((resolve, reject) =>
      socket.emit(event, input, (answer: Answer<T>) =>
        answer.ok ? resolve(answer.data) : reject(new Error(JSON.stringify(answer.error))),
      ),
    );
  return new Promise((resolve, reject) => {
    socket.on('connect', () => {
      call<Parameters<typeof record.joined>[0]>('join_room', { roomId: door.room, ...record.params }).then(
        (reply) => {
          record.joined(reply);
          resolve({
            record,
            send: (body) => call<Sent>('send_message', { roomId: door.room, body }),
            close: () =>
              new Promise((done) => {
                if (!socket.connected) return done();
                socket.once('disconnect', () => done());
                socket.disconnect();
              }),
          });
        },
        reject,
      );
    });
    socket.on('connect_error', (error: Error & { data?: object }) => {
      if (error.data !== undefined) reject(new Error(JSON.stringify(error.data)));
    });
  });
}
