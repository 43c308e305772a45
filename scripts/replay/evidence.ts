// Collects over REST what the server says happened, beside what each client wrote down.
import { rest } from '../../tests/support/chat-clients.ts';
import { type Account, type Cast, inParallel } from './cast.ts';
import { canonical, type Entry, type LogMessage, type RoomEvidence, type SentLine } from './proof.ts';

interface WireMessage {
  id: string;
  seq: number;
  body: string;
  author: { id: string };
  run?: { id: string };
}

interface WireTurn {
  agentId: string;
  run?: { id: string };
}

const ASKING_AT_ONCE = 8;

export async function collect(
  url: string,
  owner: Account,
  room: string,
  cast: Cast,
  agentId: string | undefined,
  sent: SentLine[],
): Promise<RoomEvidence> {
  const get = <T>(path: string) => rest<T>(url, owner.token, 'GET', `/api/rooms/${cast.roomId}${path}`);

  const log: Entry[] = [];
  for (let more = true; more; ) {
    const page = await get<{
      events: { seq: number; type: string; payload: object }[];
      hasMore: boolean;
    }>(`/events?afterSeq=${log.at(-1)?.seq ?? 0}`);
    for (const { seq, type, payload } of page.events) log.push({ seq, type, text: canonical(payload) });
    more = page.hasMore && page.events.length > 0;
  }

  const history: LogMessage[] = [];
  for (let more = true; more; ) {
    const page = await get<{ data: WireMessage[]; hasMoreAfter: boolean }>(
      `/messages?limit=200&after=${history.at(-1)?.seq ?? 0}`,
    );
    for (const message of page.data) {
      const { id, seq, body, author, run } = message;
      history.push({ id, seq, body, authorId: author.id, runId: run?.id, text: canonical(message) });
    }
    more = page.hasMoreAfter && page.data.length > 0;
  }

  const runs = new Map<string, string | undefined>();
  if (agentId !== undefined) {
    await inParallel(
      ASKING_AT_ONCE,
      sent.filter((line) => line.addressesAgent),
      async ({ id }) => {
        const { data } = await get<{ data: WireTurn[] }>(`/turns?messageId=${id}`);
        runs.set(id, data.find((turn) => turn.agentId === agentId)?.run?.id);
      },
    );
  }

  /** Each distinct text is put in order once, however many clients heard it. */
  const ordered = new Map<string, string>();
  const inOrder = (text: string): string => {
    let known = ordered.get(text);
    if (known === undefined) {
      known = canonical(JSON.parse(text));
      ordered.set(text, known);
    }
    return known;
  };
  return {
    room,
    agentId,
    sent,
    log,
    history,
    runs,
    clients: cast.actors.map(({ name, client, heard, deltas }) => ({
      name,
      joinedAt: client.joins[0]?.lastSeq ?? 0,
      heard: heard.map((entry) => ({ ...entry, text: inOrder(entry.text) })),
      deltas,
    })),
  };
}
