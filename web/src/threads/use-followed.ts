// The threads I follow in all my rooms, the one with the newest reply first.
import type { Client, ReplyOf } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { useClient, useStore } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';

export type Followed = ReplyOf<'list_threads'>['data'][number];

/** Rooms asked at once, and threads shown of each. */
const AT_ONCE = 6;
const OF_EACH = 20;

/** A message that stands in no thread changes none. */
const isOfThread = (payload: unknown): boolean => {
  const { body, threadId } = payload as { body?: string; threadId?: string };
  return body === undefined || threadId !== undefined;
};

export function useFollowed() {
  const client = useClient();
  const { list, status } = useStore(client.rooms);
  const roomIds = list.filter(({ lastSeq }) => lastSeq > 0).map(({ id }) => id);
  useLive(['followed'], ['thread_changed', 'new_message', 'agent_message'], isOfThread);
  return useQuery({
    queryKey: ['followed', roomIds],
    queryFn: ({ signal }) => fetchAll(client, roomIds, signal),
    enabled: status === 'ready',
  });
}

async function fetchAll(client: Client, roomIds: string[], signal: AbortSignal): Promise<Followed[]> {
  const waiting = [...roomIds];
  const found: Followed[] = [];
  async function work() {
    for (let roomId = waiting.shift(); roomId !== undefined; roomId = waiting.shift()) {
      const { data } = await client.call(
        'list_threads',
        { roomId, following: true, limit: OF_EACH },
        { signal },
      );
      found.push(...data);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found.sort((a, b) => lastOf(b).localeCompare(lastOf(a)));
}

const lastOf = ({ root }: Followed): string => root.thread?.lastReplyAt ?? root.createdAt;
