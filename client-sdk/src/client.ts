// Builds a client out of its parts and lets them hear of each other. Must never hold a rule of its own.
import type { Client, ClientOptions } from './api.ts';
import { createCalls } from './calls.ts';
import { createConnector } from './connector.ts';
import { createDrafts } from './drafts.ts';
import { browserEnvironment, pageStorage, systemClock, systemTimers } from './environment.ts';
import { createOutbox } from './outbox.ts';
import { createPersonal } from './personal.ts';
import { createRequests } from './requests.ts';
import { createRoom, type Room } from './room.ts';
import { createDirectory } from './room-directory.ts';
import type { TypedCall } from './room-messages.ts';
import { createRooms } from './rooms.ts';
import { createSender } from './sender.ts';
import { socketTransport } from './socket-transport.ts';
import { createListeners, type Listeners } from './store.ts';
import { createTokenSource } from './tokens.ts';
import { createUploads } from './uploads.ts';
import type { EventName, Events } from './wire.ts';

const TIMEOUT_MS = 10_000;

/** Makes a client; nothing happens on the network before `connect()`. */
export function createClient(options: ClientOptions): Client {
  const { url, clock = systemClock, timers = systemTimers, random = Math.random } = options;
  const environment = options.environment ?? browserEnvironment;
  const storage = options.storage === undefined ? pageStorage() : options.storage;
  const makeTransport = options.transport ?? socketTransport;
  const listeners = new Map<string, Listeners<[unknown]>>();
  const directory = createDirectory();

  const calls = createCalls(
    (name, input, ack) => connector.transport.emit(name, input, ack),
    timers,
    options.timeoutMs ?? TIMEOUT_MS,
  );
  const call: TypedCall = (name, input, callOptions) => calls.call(name, input, callOptions) as never;

  const outbox = createOutbox(storage, url, (roomKey) => {
    for (const room of directory.allOf(roomKey)) room.refresh();
  });
  const sender = createSender({
    outbox,
    calls,
    timers,
    clock,
    random,
    canonical: directory.canonical,
    onConfirmed(entry, message) {
      for (const room of directory.allOf(entry.roomKey)) room.confirmed(message);
      drafts.confirmed(entry.roomKey, message);
    },
  });

  const isUp = () => connector.isUp();
  const personal = createPersonal({ call, clock, isUp });
  const drafts = createDrafts({
    storage,
    namespace: url,
    call,
    clock,
    timers,
    random,
    same: directory.same,
    isUp,
    isSending: (roomKey) =>
      outbox
        .all()
        .some(
          ({ threadId, failed, userId, roomKey: key }) =>
            threadId === undefined && failed === undefined && isMine(userId) && directory.same(key, roomKey),
        ),
  });

  const connector = createConnector({
    calls,
    tokens: (onFresh) => createTokenSource(options.getToken, clock, timers, onFresh),
    timers,
    random,
    environment,
    transport: (handlers) => makeTransport({ url, socketOptions: options.socketOptions ?? {} }, handlers),
    onEvent(name, payload) {
      listeners.get(name)?.tell(payload);
      rooms.told(name, payload);
      personal.told(name, payload);
      drafts.told(name, payload);
      if (name === 'room_added')
        for (const room of directory.allOf((payload as Events['room_added']).roomId)) room.admitted();
      directory.deliver(name, payload);
    },
    onUp(me, before) {
      if (before !== undefined && before.id !== me.id) {
        for (const room of directory.all()) room.forget();
        rooms.forget();
        personal.forget();
      }
      sender.opened(me.id);
      drafts.opened(me.id);
      personal.opened();
      for (const room of directory.all()) room.opened();
      for (const room of directory.all()) room.refresh();
      rooms.refresh().catch(() => {});
      lookIfCaughtUp();
    },
    onDown() {
      sender.lost();
      for (const room of directory.all()) room.lost();
    },
  });

  const rooms = createRooms({
    call,
    join: (roomId) => room(roomId).handle.join(),
    live: (roomId) => directory.allOf(roomId).find((one) => one.wanted && one.roomId !== undefined),
    learn: directory.learn,
  });

  const request = createRequests({
    url,
    fetch: options.fetch,
    token: (reason) => connector.token(reason),
    timers,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
  });

  const uploads = createUploads({
    url,
    storage,
    fetch: options.fetch,
    token: (reason) => connector.token(reason),
    request,
    clock,
    timers,
    random,
  });

  function room(key: string): Room {
    return directory.get(key, () =>
      createRoom({
        key,
        calls,
        call,
        outbox,
        sender,
        drafts,
        clock,
        timers,
        random,
        me: connector.me,
        isUp,
        myEntries: () =>
          outbox.all().filter((entry) => isMine(entry.userId) && directory.same(entry.roomKey, key)),
        isSharedWithOthers: (roomId) => directory.allOf(roomId).some((other) => other.wanted),
        onChange(changed) {
          directory.resolve(changed);
          rooms.roomChanged(changed);
          lookIfCaughtUp();
        },
      }),
    );
  }
  /** Of the present user, or of whoever will be. */
  const isMine = (userId: string | undefined) => userId === undefined || userId === connector.me()?.id;

  function lookIfCaughtUp(): void {
    if (connector.isUp() && directory.all().every((one) => one.settled)) connector.caughtUp();
  }

  return {
    state: connector.state,
    rooms,
    inbox: personal.inbox,
    saved: personal.saved,
    scheduled: personal.scheduled,
    uploads,
    connect: connector.connect,
    close() {
      connector.close();
      drafts.close();
      uploads.close();
      for (const one of directory.all()) one.close();
    },
    call,
    request: (name, input, callOptions) => request(name, input, callOptions) as never,
    room: (idOrSlug) => room(idOrSlug).handle,
    on<E extends EventName>(event: E, listener: (payload: Events[E]) => void) {
      const known = listeners.get(event) ?? createListeners<[unknown]>();
      listeners.set(event, known);
      return known.add(listener as (payload: unknown) => void);
    },
  };
}
