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
  Capability,
  ChatMessage,
  Client,
  Commands,
  CommandsSnapshot,
  ConnectionSnapshot,
  Draft,
  DraftSnapshot,
  EventName,
  Events,
  HistorySnapshot,
  InboxSnapshot,
  ListSnapshot,
  Off,
  PinsSnapshot,
  PrivateReply,
  RightsSnapshot,
  RoomHandle,
  RoomSnapshot,
  RoomsSnapshot,
  SavedMessage,
  ScheduledItem,
  Store,
  Stream,
  ThreadHandle,
  ThreadSnapshot,
  UploadSnapshot,
  UploadTask,
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

/** The window on a room's past, wherever it stands; `useRoomHandle(…).history` moves it. The room is listened to while mounted. */
export function useHistory(idOrSlug: string): HistorySnapshot {
  const room = useRoomHandle(idOrSlug);
  useEffect(() => room.join(), [room]);
  return useStore(room.history);
}

/** One message, so that a change renders one row. */
export function useMessage(idOrSlug: string, messageId: string): ChatMessage | undefined {
  return useStore(useRoomHandle(idOrSlug).message(messageId));
}

/** What an agent is writing right now, so that a delta renders one row. */
export function useStream(idOrSlug: string, messageId: string): Stream | undefined {
  return useStore(useRoomHandle(idOrSlug).stream(messageId));
}

/** The handle to send into a thread, mark it read, follow it. Does not listen by itself; see `useThread`. */
export function useThreadHandle(idOrSlug: string, rootId: string): ThreadHandle {
  return useRoomHandle(idOrSlug).thread(rootId);
}

/** Keeps a thread live while mounted, and answers its state. */
export function useThread(idOrSlug: string, rootId: string): ThreadSnapshot {
  const thread = useThreadHandle(idOrSlug, rootId);
  useEffect(() => thread.join(), [thread]);
  return useStore(thread);
}

/** The first message of a thread or a reply, so that a change renders one row. */
export function useThreadMessage(
  idOrSlug: string,
  rootId: string,
  messageId: string,
): ChatMessage | undefined {
  return useStore(useThreadHandle(idOrSlug, rootId).message(messageId));
}

/** A list that is fetched and kept live while mounted. */
function useFollowed<T>(list: Store<T> & { follow(): Off }): T {
  useEffect(() => list.follow(), [list]);
  return useStore(list);
}

/** What is for me, with its count of unread. */
export const useInbox = (): InboxSnapshot => useFollowed(useClient().inbox);
export const useSaved = (): ListSnapshot<SavedMessage> => useFollowed(useClient().saved);
export const useScheduled = (): ListSnapshot<ScheduledItem> => useFollowed(useClient().scheduled);
/** Pinned messages of a room, which is listened to while mounted. */
export const usePins = (idOrSlug: string): PinsSnapshot => useFollowed(useRoomHandle(idOrSlug).pins);

/** Whether I may do something in a room, and if not, why; undefined until it is known. */
export function useCan(idOrSlug: string, action: Capability): RightsSnapshot['can'][Capability] {
  const { rights } = useRoomHandle(idOrSlug);
  useEffect(() => rights.follow(), [rights]);
  const may = () => rights.getSnapshot().can[action];
  return useSyncExternalStore(rights.subscribe, may, may);
}

/** Slash commands of a room, which is listened to while mounted; running them, and private replies to mine. */
export function useCommands(
  idOrSlug: string,
): CommandsSnapshot &
  Pick<Commands, 'run' | 'runText' | 'dismiss'> & { readonly replies: readonly PrivateReply[] } {
  const { commands } = useRoomHandle(idOrSlug);
  const { run, runText, dismiss } = commands;
  return { ...useFollowed(commands), replies: useStore(commands.replies), run, runText, dismiss };
}

/** What stands in a composer, of a room or of a thread, and how to change it. */
export function useDraft(
  idOrSlug: string,
  threadId?: string,
): DraftSnapshot & { set: Draft['set']; clear: Draft['clear'] } {
  const room = useRoomHandle(idOrSlug);
  const { set, clear, ...store } = threadId === undefined ? room.draft : room.thread(threadId).draft;
  return { ...useStore(store), set, clear };
}

/** How far an upload is. */
export function useUpload(task: UploadTask | undefined): UploadSnapshot | undefined {
  return useStore<UploadSnapshot | undefined>(task ?? NO_UPLOAD);
}
const NO_UPLOAD: Store<undefined> = { subscribe: () => () => {}, getSnapshot: () => undefined };

/** Calls the newest `listener` for each event while mounted: maybe twice, maybe out of order, as `client.on` says. */
export function useEvent<E extends EventName>(event: E, listener: (payload: Events[E]) => void): void {
  const client = useClient();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => client.on(event, (payload) => newest.current(payload)), [client, event]);
}
