// A chat server in memory, small but true to the wire: gapless logs, idempotent sends, resume, resync.
// For tests of clients. Must never be taken for the server's specification; that is its contract.
import type { Problem } from '../api.ts';
import type { LogEvent, Me, Message, MyMembership, ReplyOf, RoomInfo } from '../wire.ts';
import { createFakeCommands } from './fake-commands.ts';
import { type AnyInput, createFakeOperations } from './fake-operations.ts';
import { fail, problemOf } from './fake-problems.ts';
import { messagesOf } from './fake-room.ts';
import { createFakeWorld, type FakeConnection, nameOf } from './fake-world.ts';

type Reply = { ok: true; data: unknown } | { ok: false; error: Problem };

export interface FakeServer {
  user(name: string): Me;
  /** Creates a room that all users, now and later, are members of. */
  createRoom(slug: string): RoomInfo;
  log(room: string): readonly LogEvent[];
  /** As everyone sees them, or one user. */
  messages(room: string, user?: string): Message[];
  /** A message by someone else, straight into the log. */
  post(room: string, author: string, body: string, more?: Partial<Message>): Message;
  edit(messageId: string, body: string): Message;
  remove(messageId: string): Message;
  react(messageId: string, user: string, emoji: string, on?: boolean): void;
  pin(messageId: string, user: string, on?: boolean): void;
  /** The answer to a call of a user, as it would be made now; for comparing with what a client shows. */
  ask(user: string, operation: string, input: Record<string, unknown>): unknown;
  append(room: string, type: string, payload: (seq: number) => object): void;
  /** What members may not do in a room, by capability; what stood before is given up. */
  forbid(room: string, refused: ReplyOf<'can'>['can']): void;
  /** The commands of a room, from now on; who listens is told. */
  setCommands(room: string, ...names: string[]): void;
  /** Calls of commands that were carried out. */
  ran(): number;
  signal(room: string, name: string, payload: object): void;
  /** Straight to the connections of one user. */
  tellUser(user: string, name: string, payload: object): void;
  /** The user is a member of the room no longer. */
  removeMember(room: string, user: string): void;
  /** Forgets entries up to `seq`: clients behind it must resync. */
  truncate(room: string, seq: number): void;
  /** The next calls of this operation get these answers; `'drop'` means none, though the work is done. */
  answer(operation: string, ...answers: (Partial<Problem> | 'drop')[]): void;
  has(messageId: string): boolean;
  /** Planned answers are given up. */
  unplan(): void;
  /** How a room stands for one of its members. */
  membership(room: string, user: string): MyMembership;
  /** Every call that arrived: operation and input, oldest first. */
  readonly calls: { name: string; input: Record<string, unknown> }[];
  disconnectAll(reason?: string): void;
  refusedTokens: Set<string>;
  open(
    token: string,
    connection: Omit<FakeConnection, 'userId' | 'rooms' | 'token'>,
  ): FakeConnection | undefined;
  close(connection: FakeConnection): void;
  handle(connection: FakeConnection, name: string, input: Record<string, unknown>): Reply | undefined;
}

/** @param now milliseconds since 1970 */
export function createFakeServer(now: () => number = () => Date.UTC(2026, 0, 1)): FakeServer {
  const world = createFakeWorld(now);
  const { connections, user, need, append, tell, tellUser, locate, post, edit, remove } = world;
  const { react, pin, membership } = world;
  const answers = new Map<string, (Partial<Problem> | 'drop')[]>();
  const commands = createFakeCommands();
  const calls: FakeServer['calls'] = [];
  const refusedTokens = new Set<string>();
  const handlers = createFakeOperations(world, { commands, refusedTokens });

  return {
    user,
    calls,
    refusedTokens,
    append,
    post,
    edit,
    remove,
    react: (messageId, name, emoji, on = true) => react(messageId, user(name).id, emoji, on),
    pin: (messageId, name, on = true) => pin(messageId, user(name).id, on),
    messages: (key, name) => messagesOf(need(key), name === undefined ? undefined : user(name).id),
    ask(name, operation, input) {
      const nobody = { userId: user(name).id, rooms: new Set<string>(), token: '', event() {}, drop() {} };
      return handlers[operation]?.(input as unknown as AnyInput, nobody);
    },
    createRoom: world.createRoom,
    log: (key) => need(key).log,
    signal: (key, name, payload) => tell(need(key), name, { roomId: need(key).info.id, ...payload }),
    tellUser: (name, type, payload) => tellUser(user(name).id, type, payload),
    removeMember(key, name) {
      const room = need(key);
      const { id } = user(name);
      room.members.delete(id);
      append(key, 'member_left', (seq) => ({ roomId: room.info.id, seq, userId: id, by: id }));
    },
    ran: commands.ran,
    setCommands(key, ...names) {
      const room = need(key);
      commands.set(room.info.id, names);
      tell(room, 'commands_changed', { roomId: room.info.id });
    },
    forbid(key, refused) {
      need(key).refused = refused;
    },
    truncate(key, seq) {
      need(key).reachesTo = seq;
    },
    answer(operation, ...next) {
      answers.set(operation, [...(answers.get(operation) ?? []), ...next]);
    },
    has: (messageId) => locate(messageId) !== undefined,
    unplan: () => answers.clear(),
    membership: (key, name) => membership(need(key), user(name).id),
    disconnectAll(reason = 'transport close') {
      for (const one of [...connections]) {
        connections.delete(one);
        one.drop(reason);
      }
    },
    open(token, { event, drop }) {
      if (refusedTokens.has(token)) return undefined;
      const userId = user(nameOf(token)).id;
      const connection: FakeConnection = { userId, rooms: new Set(), token, event, drop };
      connections.add(connection);
      return connection;
    },
    close: (connection) => void connections.delete(connection),
    handle(connection, name, input) {
      calls.push({ name, input });
      const planned = answers.get(name)?.shift();
      if (planned !== undefined && planned !== 'drop') return { ok: false, error: problemOf(planned) };
      try {
        const data = (handlers[name] ?? (() => fail('not_found', 'unknown_operation', 404)))(
          input as unknown as AnyInput,
          connection,
        );
        return planned === 'drop' ? undefined : { ok: true, data };
      } catch (thrown) {
        return { ok: false, error: thrown as Problem };
      }
    },
  };
}
