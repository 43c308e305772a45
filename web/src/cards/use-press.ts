// Pressing an action of a card: once per intent, however often the network makes one try.
import type { CardState, RoomHandle } from '@parley/client';
import { ParleyError } from '@parley/client';
import { useRef, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { messageOf } from '../parts/errors.ts';
import { useMembers } from '../rooms/room-name.ts';
import { useClient, useMe } from '../session/use-client.ts';

export type Values = Record<string, string | number | boolean>;
export type Pressed = { value?: string | string[]; values?: Values };

export interface Press {
  /** The action on its way. */
  busy: string | undefined;
  /** Why the last try of an action did not count, by action. */
  problem: { actionId: string; words: string } | undefined;
  press(actionId: string, what: Pressed, label: string): Promise<boolean>;
  /** What was done with an action, in words: "Ada Lovelace, today at 9:41". */
  nameOf(userId: string): string;
  myId: string;
}

export function usePress(room: RoomHandle, messageId: string): Press {
  const client = useClient();
  const me = useMe();
  const members = useMembers(room);
  const announce = useAnnounce();
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<Press['problem']>();
  /** The id of a try whose answer did not come: the same press, asked for again, is the same. */
  const unanswered = useRef<{ key: string; id: string } | undefined>(undefined);
  const nameOf = (id: string) =>
    id === me.id ? 'You' : (members.find(({ user }) => user.id === id)?.user.name ?? 'Someone');

  async function press(actionId: string, what: Pressed, label: string): Promise<boolean> {
    const key = JSON.stringify([actionId, what]);
    const id = unanswered.current?.key === key ? unanswered.current.id : crypto.randomUUID();
    unanswered.current = { key, id };
    setBusy(actionId);
    setProblem(undefined);
    try {
      await client.call('card_action', { messageId, actionId, id, ...what });
      unanswered.current = undefined;
      announce(`${label}: done`);
      return true;
    } catch (error) {
      const first = takenBy(error);
      const words = first === undefined ? messageOf(error) : `${nameOf(first)} was first.`;
      if (error instanceof ParleyError && !error.retryable) unanswered.current = undefined;
      setProblem({ actionId, words });
      announce(words);
      return false;
    } finally {
      setBusy(undefined);
    }
  }
  return { busy, problem, press, nameOf, myId: me.id };
}

function takenBy(error: unknown): string | undefined {
  if (!(error instanceof ParleyError) || error.reason !== 'already_taken') return undefined;
  return error.problem?.errors?.[0]?.message.match(/[0-9a-f-]{36}/)?.[0];
}

export const stateOf = (states: readonly CardState[] | undefined, actionId: string): CardState | undefined =>
  states?.find((state) => state.actionId === actionId);

/** Nothing more can be done with it, by me at least. */
export const isSpent = (mode: string, state: CardState | undefined, myId: string): boolean =>
  state !== undefined && (mode === 'once' || (mode === 'once_per_user' && state.by === myId));
