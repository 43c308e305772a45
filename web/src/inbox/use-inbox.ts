// My inbox, in its own order, kept true by what the server tells of it.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';

const INBOX = ['inbox'];
const CHANGES = ['notification', 'notifications_changed'] as const;

/** How many are unread; for the badge. */
export function useInboxCount(): number {
  const client = useClient();
  useLive(INBOX, CHANGES);
  const query = useQuery({
    queryKey: [...INBOX, 'count'],
    queryFn: async ({ signal }) =>
      (await client.call('list_notifications', { unread: true, limit: 1 }, { signal })).unread,
  });
  return query.data ?? 0;
}

export function useInbox(unread: boolean) {
  const client = useClient();
  // On narrow pages nothing else listens: the badge stands in a drawer.
  useLive(INBOX, CHANGES);
  return useInfiniteQuery({
    queryKey: [...INBOX, unread ? 'unread' : 'all'],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_notifications',
        { unread, limit: 50, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
}

export type Mark = { ids: string[] } | { upTo: number } | { unreadId: string };

export function useMark() {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (mark: Mark) =>
      'unreadId' in mark
        ? client.call('mark_notification_unread', { notificationId: mark.unreadId })
        : client.call('mark_notifications_read', mark),
    onSettled: () => queries.invalidateQueries({ queryKey: INBOX }),
  });
}
