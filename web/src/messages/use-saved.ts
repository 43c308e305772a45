// Which messages I saved for later, by id. Told by the server's signal, and fetched anew now and then.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import { useClient } from '../session/use-client.ts';

const KEY = ['saved', 'ids'];
const PAGE = 200;
/** The server keeps no more than a thousand. */
const MOST_PAGES = 5;
const FRESH_MS = 5 * 60_000;
const NONE: ReadonlySet<string> = new Set();

export interface Saved {
  ids: ReadonlySet<string>;
  set(messageId: string, saved: boolean): void;
}

export function useSaved(): Saved {
  const client = useClient();
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: KEY,
    staleTime: FRESH_MS,
    queryFn: async ({ signal }) => {
      const ids = new Set<string>();
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await client.call(
          'list_saved',
          { limit: PAGE, ...(cursor && { cursor }) },
          { signal },
        );
        for (const { message } of answer.data) ids.add(message.id);
        cursor = answer.nextCursor;
        if (cursor === undefined) break;
      }
      return ids as ReadonlySet<string>;
    },
  });
  const set = useCallback(
    (messageId: string, saved: boolean) => {
      queries.setQueryData<ReadonlySet<string>>(KEY, (was) => {
        if (was === undefined || was.has(messageId) === saved) return was;
        const next = new Set(was);
        if (saved) next.add(messageId);
        else next.delete(messageId);
        return next;
      });
      void queries.invalidateQueries({ queryKey: ['saved'], predicate: ({ queryKey }) => queryKey !== KEY });
    },
    [queries],
  );
  useEffect(() => client.on('saved_changed', ({ messageId, saved }) => set(messageId, saved)), [client, set]);
  return { ids: data ?? NONE, set };
}
