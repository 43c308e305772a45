// Hooks over the client's stores. Each renders again only when what it answers changes, and is safe in StrictMode.
// Must never keep state of its own: the stores are the truth.
import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useRef,
  useSyncExternalStore,
} from 'react';
import type {
  ChatMessage,
  Client,
  ConnectionSnapshot,
  EventName,
  Events,
  RoomHandle,
  RoomSnapshot,
  RoomsSnapshot,
  Store,
  Stream,
} from '../api.ts';

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives a client to the components below. It neither connects nor closes it: the application that made it does. */
export function ParleyProvider({ client, children }: { client: Client; children?: ReactNode }) {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** @throws Error outside of a ParleyProvider */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (client === undefined)
    throw new Error('There is no client here: put a <ParleyProvider client={…}> around it.');
  return client;
}

/** The present snapshot of any store of the client. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}

/** Connecting, catching up, online, offline; who I am. */
export function useConnection(): ConnectionSnapshot {
  return useStore(useClient().state);
}

/** My rooms with unread counts. `follow` keeps the counts of all of them live while mounted. */
export function useRooms({ follow = false }: { follow?: boolean } = {}): RoomsSnapshot {
  const { rooms } = useClient();
  useEffect(() => (follow ? rooms.follow() : undefined), [rooms, follow]);
  return useStore(rooms);
}

/** The handle to send, mark read, load older messages and so on. Does not listen by itself; see `useRoom`. */
export function useRoomHandle(idOrSlug: string): RoomHandle {
  return useClient().room(idOrSlug);
}

/** Listens to a room while mounted, and answers its state. Mounting again at once costs nothing on the wire. */
export function useRoom(idOrSlug: string): RoomSnapshot {
  const room = useRoomHandle(idOrSlug);
  useEffect(() => room.join(), [room]);
  return useStore(room);
}

/** One message, so that a change renders one row. */
export function useMessage(idOrSlug: string, messageId: string): ChatMessage | undefined {
  return useStore(useRoomHandle(idOrSlug).message(messageId));
}

/** What an agent is writing right now, so that a delta renders one row. */
export function useStream(idOrSlug: string, messageId: string): Stream | undefined {
  return useStore(useRoomHandle(idOrSlug).stream(messageId));
}

/** Calls the newest `listener` for each event while mounted: maybe twice, maybe out of order, as `client.on` says. */
export function useEvent<E extends EventName>(event: E, listener: (payload: Events[E]) => void): void {
  const client = useClient();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => client.on(event, (payload) => newest.current(payload)), [client, event]);
}
