// Slash commands of a room: the list, kept until something may have changed it; running one, once whatever happens on the way; and
// the private replies. Keeps I36 and I37 of SPEC.md. Must never read what was typed beyond the name: the server does.
import type { CallOptions, Off } from './api.ts';
import type { Commands, CommandsSnapshot, RunOptions } from './api-commands.ts';
import { toParleyError } from './error.ts';
import { newId } from './ids.ts';
import { insist } from './insist.ts';
import { createPagedList } from './paged-list.ts';
import type { Clock, Timers } from './ports.ts';
import { addReply, dismissReply, type PrivateReplies } from './private-replies.ts';
import type { RoomContext, RoomPart } from './room-part.ts';
import { createStore, sameFields } from './store.ts';
import type { Command, CommandReply, Events, InputOf, LogEvent, Member, ReplyOf } from './wire.ts';

/** Commands for all rooms change without a word to a room. */
const MAX_AGE_MS = 60_000;

type Input = InputOf<'run_command'>;
type Result = ReplyOf<'run_command'>;

interface Listed {
  readonly status: CommandsSnapshot['status'];
  readonly items: readonly Command[];
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly error?: NonNullable<CommandsSnapshot['error']>;
}

export function createCommands(
  room: RoomContext & {
    clock: Clock;
    timers: Timers;
    random: () => number;
    subscribe(listener: () => void): Off;
    changeReplies(how: (replies: PrivateReplies) => PrivateReplies): void;
  },
): { api: Commands; part: RoomPart } {
  const { clock, key } = room;
  const store = createStore<CommandsSnapshot>({ status: 'idle', commands: [] });
  /** Undefined: what is known may not be true any more. */
  let fetchedAt: number | undefined;

  const list = createPagedList<Command, Listed, { data: readonly Command[] }>({
    empty: { status: 'idle', items: [], hasMore: false, loadingMore: false },
    async fetch(_, options) {
      fetchedAt = clock.now();
      return room.call('list_commands', { roomId: key }, options);
    },
    isUp: room.isLive,
  });
  list.store.subscribe(() => {
    const { status, items: commands, error } = list.store.getSnapshot();
    const next: CommandsSnapshot = { status, commands, ...(error === undefined ? {} : { error }) };
    if (!sameFields(store.getSnapshot(), next)) store.set(next);
  });

  function invalidate(): void {
    fetchedAt = undefined;
    list.invalidate();
  }

  function isFresh(): boolean {
    const { status } = list.store.getSnapshot();
    return status === 'ready' && fetchedAt !== undefined && clock.now() - fetchedAt < MAX_AGE_MS;
  }

  /** Rules, my role, and which agents are here decide what may be called. */
  function concerns({ type, payload }: LogEvent): boolean {
    if (type === 'room_updated') return true;
    if (type === 'member_left')
      return store.getSnapshot().commands.some(({ agentId }) => agentId === payload.userId);
    if (type !== 'member_joined' && type !== 'member_updated') return false;
    const { user } = payload.member as Member;
    return user.kind === 'agent' || user.id === room.state().me?.user.id;
  }

  function keep(id: string, name: string, reply: CommandReply, threadId?: string): void {
    if (reply.visibility !== 'private') return;
    const { body, card } = reply;
    const at = new Date(clock.now()).toISOString();
    const more = { ...(card === undefined ? {} : { card }), ...(threadId === undefined ? {} : { threadId }) };
    const afterSeq = room.state().applied;
    room.changeReplies((replies) => addReply(replies, { id, name, body, afterSeq, at, ...more }));
  }

  async function run(
    what: Pick<Input, 'text' | 'name' | 'options'>,
    name: string,
    { id = newId(clock.now()), threadId, ...options }: RunOptions = {},
  ): Promise<Result> {
    const input = { roomId: key, id, ...what, ...(threadId === undefined ? {} : { threadId }) };
    try {
      const result = await insist(
        room,
        (more: CallOptions) => room.call('run_command', input, more),
        options,
      );
      if (result.reply !== undefined) keep(id.toLowerCase(), name, result.reply, threadId);
      return result;
    } catch (thrown) {
      // What was offered is not there any more.
      if (toParleyError(thrown).reason === 'command_not_found') invalidate();
      throw thrown;
    }
  }

  const part: RoomPart = {
    entries(entries) {
      if (entries.some(concerns)) invalidate();
    },
    signal(name, payload) {
      if (name === 'commands_changed') invalidate();
      if (name !== 'command_reply') return;
      const { id, name: command, reply } = payload as Events['command_reply'];
      keep(id, command, reply);
    },
    live() {
      fetchedAt = undefined;
      list.opened();
    },
    reset: invalidate,
    show: () => {},
    forget() {
      fetchedAt = undefined;
      list.forget();
    },
  };
  const api: Commands = {
    subscribe: store.subscribe,
    getSnapshot: store.getSnapshot,
    replies: { subscribe: room.subscribe, getSnapshot: () => room.snapshot().replies },
    follow() {
      const leave = room.join();
      const off = list.follow();
      return () => {
        off();
        leave();
      };
    },
    async list(options) {
      if (!isFresh()) await list.refresh(options);
      return store.getSnapshot().commands;
    },
    run: (name, values = {}, options) => run({ name, options: { ...values } }, name, options),
    runText: (text, options) => run({ text }, nameIn(text), options),
    dismiss: (id) => room.changeReplies((replies) => dismissReply(replies, id)),
  };
  return { api, part };
}

const nameIn = (text: string): string => (/^\s*\/(\S*)/.exec(text)?.[1] ?? '').toLowerCase();
