// Presses of an agent's own cards, out of the room's log: each count of each action is told once while the program runs.
// Must never guess a press: what the cards of the message say is what there was.
import type { CardState, LogEvent, Message } from '../wire.ts';

/** Actions whose count is remembered; the ones told longest ago are forgotten first. */
const MAX_REMEMBERED = 10_000;

export interface FoundPress {
  /** Of the entry that tells of it. */
  readonly seq: number;
  readonly message: Message;
  readonly state: CardState;
  /** Nothing is remembered of this action: it may have been told before a restart. */
  readonly perhapsTold: boolean;
}

export interface Presses {
  /** Presses in these entries that were not told yet, in their order; several of one action are told as its last. */
  find(entries: readonly LogEvent[], myId: string): FoundPress[];
}

export function createPresses(): Presses {
  const told = new Map<string, number>();

  function remember(key: string, count: number): void {
    told.delete(key);
    told.set(key, count);
    for (const [oldest] of told) {
      if (told.size <= MAX_REMEMBERED) return;
      told.delete(oldest);
    }
  }

  return {
    find: (entries, myId) =>
      entries.flatMap(({ seq, type, payload }) => {
        const { message } = payload as { message?: Message };
        if (type !== 'message_updated' || message?.author.id !== myId) return [];
        return (message.cards ?? []).flatMap(({ state = [] }) =>
          state.flatMap((one): FoundPress[] => {
            const key = `${message.id}/${one.actionId}`;
            const known = told.get(key);
            if (one.count <= (known ?? 0)) return [];
            remember(key, one.count);
            return one.by === myId ? [] : [{ seq, message, state: one, perhapsTold: known === undefined }];
          }),
        );
      }),
  };
}
