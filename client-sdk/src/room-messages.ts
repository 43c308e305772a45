// The messages of a room as the application uses them: send, edit, delete, page through history.
// Must never put a page into the live list where it would hide a hole.
import type { CallOptions, CardInput, Messages } from './api.ts';
import { toCard } from './card-drafts.ts';
import { ParleyError } from './error.ts';
import { newId } from './ids.ts';
import { insist } from './insist.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';
import type { Clock, Timers } from './ports.ts';
import { adoptAnswer, prependPage } from './room-data.ts';
import type { RoomState } from './room-signals.ts';
import type { Sender } from './sender.ts';
import type { InputOf, Me, Message, OperationName, ReplyOf, Upload } from './wire.ts';

export type TypedCall = <N extends OperationName>(
  name: N,
  input: InputOf<N>,
  options?: CallOptions,
) => Promise<ReplyOf<N>>;

type Writing = { -readonly [K in keyof Omit<OutboxEntry, 'order'>]: Omit<OutboxEntry, 'order'>[K] };

export interface RoomMessagesParts {
  roomKey: string;
  call: TypedCall;
  outbox: Outbox;
  sender: Sender;
  clock: Clock;
  timers: Timers;
  random: () => number;
  state(): RoomState;
  update(change: (state: RoomState) => RoomState): void;
  setLoading(on: boolean): void;
  /** Changes whenever the list was rebuilt: a page asked for before then no longer fits. */
  epoch(): number;
  /** Who writes: known from the first connection on. */
  me(): Me | undefined;
  onSend(threadId: string | undefined): void;
}

export function createRoomMessages(parts: RoomMessagesParts): Messages {
  const { roomKey, call, outbox, sender, clock } = parts;
  let loading: Promise<void> | undefined;

  async function loadBefore(limit: number, options?: CallOptions): Promise<void> {
    const { base } = parts.state();
    if (base === 0) return;
    const epoch = parts.epoch();
    parts.setLoading(true);
    parts.update((state) => ({ ...state, late: [] }));
    try {
      const page = await call('list_messages', { roomId: roomKey, before: base + 1, limit }, options);
      if (epoch !== parts.epoch()) return;
      parts.update((state) => ({ ...state, ...prependPage(state, page.data, !page.hasMoreBefore) }));
    } finally {
      parts.update((state) => (state.late === undefined ? state : { ...state, late: undefined }));
      parts.setLoading(false);
    }
  }

  const adopt = (message: Message): Message => {
    parts.update((state) => ({ ...state, ...adoptAnswer(state, message) }));
    return message;
  };

  return {
    send(body, { id = newId(clock.now()), threadId, metadata, attachments = [], cards = [], confirm } = {}) {
      const known = sender.handle(id);
      if (known !== undefined) return known;
      const userId = parts.me()?.id;
      const entry: Writing = { id, roomKey, body, createdAt: new Date(clock.now()).toISOString() };
      if (threadId !== undefined) entry.threadId = threadId;
      if (metadata !== undefined) entry.metadata = metadata;
      if (attachments.length > 0) Object.assign(entry, filesOf(attachments));
      if (cards.length > 0) entry.cards = cards.map(toCard);
      if (confirm === true) entry.confirm = true;
      if (userId !== undefined) entry.userId = userId;
      outbox.add(entry);
      const handle = sender.handle(id);
      if (handle === undefined) throw new ParleyError('internal', 'outbox', 'The outbox lost a message');
      parts.onSend(threadId);
      sender.pump();
      return handle;
    },
    handle: (id) => sender.handle(id),
    async edit(id, body, { version, confirm, ...options } = {}) {
      const input = {
        messageId: id,
        body,
        ...(version === undefined ? {} : { version }),
        ...(confirm === true ? { confirm } : {}),
      };
      return adopt(await call('edit_message', input, options));
    },
    async react(id, emoji, options) {
      await call('add_reaction', { messageId: id, emoji }, options);
    },
    async unreact(id, emoji, options) {
      await call('remove_reaction', { messageId: id, emoji }, options);
    },
    async pin(id, options) {
      await call('pin_message', { messageId: id }, options);
    },
    async unpin(id, options) {
      await call('unpin_message', { messageId: id }, options);
    },
    act(messageId, actionId, value, options) {
      const id = newId(clock.now());
      const given =
        value === undefined
          ? {}
          : typeof value === 'string'
            ? { value }
            : isMany(value)
              ? { value: [...value] }
              : { values: value };
      const press = (more: CallOptions) => call('card_action', { messageId, actionId, id, ...given }, more);
      return insist(parts, press, options);
    },
    delete: async (id, options) => adopt(await call('delete_message', { messageId: id }, options)),
    loadBefore(limit = 50, options) {
      loading ??= loadBefore(limit, options).finally(() => {
        loading = undefined;
      });
      return loading;
    },
    async loadAround(seq, limit = 50, options) {
      const page = await call('list_messages', { roomId: roomKey, around: seq, limit }, options);
      return { messages: page.data, hasMoreBefore: page.hasMoreBefore, hasMoreAfter: page.hasMoreAfter };
    },
  };
}

const isMany = (value: CardInput): value is readonly string[] => Array.isArray(value);

/** What is sent of the files, and what is shown of them until the message itself says it. */
function filesOf(given: readonly (string | Upload)[]): Pick<OutboxEntry, 'attachments' | 'files'> {
  const uploads = given.filter((one) => typeof one !== 'string');
  return {
    attachments: given.map((one) => (typeof one === 'string' ? one : one.id)),
    files: uploads.map(({ id, name, bytes, contentType = 'application/octet-stream', width, height }) => ({
      id,
      name,
      bytes,
      contentType,
      ...(width === undefined ? {} : { width }),
      ...(height === undefined ? {} : { height }),
    })),
  };
}
