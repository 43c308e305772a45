// Keeps what was fetched true: signals of the server, and coming back online, have it fetched again.
import type { EventName } from '@parley/client';
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useClient } from './use-client.ts';

/** Signals that come together make one fetch. */
const TOGETHER_MS = 150;
const always = () => true;

/**
 * @param events constant for the life of the component
 * @param matters which of them change what was fetched; all unless given. A function of its own, not one made anew
 */
export function useLive(
  queryKey: QueryKey,
  events: readonly EventName[],
  matters: (payload: unknown) => boolean = always,
): void {
  const client = useClient();
  const queries = useQueryClient();
  const key = JSON.stringify(queryKey);
  const names = events.join();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: JSON.parse(key) as QueryKey });
      }, TOGETHER_MS);
    };
    let wasOnline = client.state.getSnapshot().status === 'online';
    const offs = [
      ...names
        .split(',')
        .flatMap((name) =>
          name === '' ? [] : [client.on(name as EventName, (payload) => matters(payload) && refresh())],
        ),
      client.state.subscribe(() => {
        const isOnline = client.state.getSnapshot().status === 'online';
        if (isOnline && !wasOnline) refresh();
        wasOnline = isOnline;
      }),
    ];
    return () => {
      clearTimeout(timer);
      for (const off of offs) off();
    };
  }, [client, queries, key, names, matters]);
}
