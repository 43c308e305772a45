// The people of one day: a user and a real client for each nick, in a fresh room with the agent.
// Must never read a record, only keep it.
import { type ChatClient, connectChat, rest, signIn } from '../../tests/support/chat-clients.ts';
import type { Day } from './irc-log.ts';
import { nameOf } from './plan.ts';
import type { Delta, Entry } from './proof.ts';

export interface Account {
  token: string;
  userId: string;
}

/** What one client wrote down, in the order of arrival. */
export interface Actor {
  name: string;
  client: ChatClient;
  heard: Entry[];
  deltas: Delta[];
}

export interface Cast {
  roomId: string;
  actors: Actor[];
  close(): void;
}

export interface Stagehand {
  url: string;
  owner: Account;
  agentId: string | undefined;
  /** Users by nick, kept from day to day. */
  accounts: Map<string, Account>;
  /** Called at each arrival of a message. */
  onArrival(id: string, at: number): void;
}

const CONNECTING_AT_ONCE = 16;

export async function gatherCast(hand: Stagehand, day: Day, clients: number): Promise<Cast> {
  const { url, owner, accounts } = hand;
  const room = await rest<{ id: string }>(url, owner.token, 'POST', '/api/rooms', {
    name: `Replay of ${day.name}`.slice(0, 80),
  });
  if (hand.agentId !== undefined)
    await rest(url, owner.token, 'POST', `/api/rooms/${room.id}/agents`, { agentId: hand.agentId });
  const nicks = day.nicks.slice(0, clients);
  for (const nick of nicks) if (!accounts.has(nick)) accounts.set(nick, { token: '', userId: '' });
  const order = [...accounts.keys()];
  /** Equal texts are kept once: a room of 150 hears each message 150 times. */
  const kept = new Map<string, string>();
  const keep = (text: string): string => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    kept.set(text, text);
    return text;
  };
  const actors: Actor[] = [];
  await inParallel(CONNECTING_AT_ONCE, nicks, async (nick, i) => {
    let account = accounts.get(nick) as Account;
    if (account.token === '') {
      account = await signIn(url, nameOf(nick, order.indexOf(nick)));
      accounts.set(nick, account);
    }
    const protocol = i % 2 === 0 ? 'socketio' : 'phoenix';
    const actor = { name: `${nick} (${protocol})`, heard: [] as Entry[], deltas: [] as Delta[] };
    const client = await connectChat({
      url,
      protocol,
      ...account,
      roomId: room.id,
      onHeard({ type, seq, payload, at }) {
        if (seq !== undefined) {
          actor.heard.push({ seq, type, text: keep(JSON.stringify(payload)) });
          if (type === 'new_message') hand.onArrival(payload.id as string, at);
        } else if (type === 'agent_message_delta') {
          actor.deltas.push({
            messageId: payload.messageId as string,
            at: payload.at as number,
            text: keep(payload.text as string),
          });
        }
      },
    });
    actors[i] = { ...actor, client };
  });
  return {
    roomId: room.id,
    actors,
    close: () => {
      for (const actor of actors) actor.client.close();
    },
  };
}

export async function inParallel<T>(
  width: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < items.length) {
        const index = next++;
        await work(items[index] as T, index);
      }
    }),
  );
}
