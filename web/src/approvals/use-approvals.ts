// Tool calls that wait for my word, kept fresh by what the server tells me.
import type { Approval } from '@parley/client';
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useClient, useStore } from '../session/use-client.ts';

const WAITING = ['approvals', 'waiting'];
export const DECIDED = ['approvals', 'decided'];

/** Pending ones, oldest first; for administrators those of every agent. */
export function useWaiting() {
  const client = useClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  return useQuery({
    queryKey: WAITING,
    queryFn: async ({ signal }) => {
      const { data } = await client.call(
        'list_approvals',
        { status: 'pending', limit: 100, scope: isAdmin ? 'all' : 'mine' },
        { signal },
      );
      return data.toReversed();
    },
    // Signals keep it fresh; this is for those that a lost connection swallowed, and for what expires.
    refetchInterval: 30_000,
  });
}

/** Once for the page: listens to what is asked and decided. */
export function useApprovalSignals(): void {
  const client = useClient();
  const queries = useQueryClient();
  useEffect(() => {
    const refresh = () => void queries.invalidateQueries({ queryKey: ['approvals'] });
    const offs = [client.on('approval_requested', refresh), client.on('approval_decided', refresh)];
    return () => {
      for (const off of offs) off();
    };
  }, [client, queries]);
}

/** What was decided is shown at once. */
export function settle(queries: QueryClient, decided: Approval): void {
  queries.setQueryData<Approval[]>(WAITING, (was) => was?.filter(({ id }) => id !== decided.id));
  void queries.invalidateQueries({ queryKey: ['approvals'] });
}
