// What I left for later, kept true by what the server tells of it.
import type { InputOf, ReplyOf } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTell } from '../parts/notices.tsx';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';

export type Item = ReplyOf<'list_scheduled'>['data'][number];

const SCHEDULED = ['scheduled'];

export function useScheduled(waiting: boolean) {
  const client = useClient();
  useLive(SCHEDULED, ['scheduled_changed']);
  return useQuery({
    queryKey: [...SCHEDULED, waiting],
    queryFn: async ({ signal }) => {
      const { data } = await client.call('list_scheduled', { waiting, limit: 200 }, { signal });
      return data;
    },
  });
}

export function useChange(onDone?: () => void) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  return useMutation({
    mutationFn: (change: InputOf<'change_scheduled'> | { cancel: Item; send?: boolean }) =>
      'cancel' in change
        ? client.call('cancel_scheduled', { scheduledId: change.cancel.id })
        : client.call('change_scheduled', change),
    onSuccess(_, change) {
      // Taken off the plan first: it must not go out twice.
      if ('cancel' in change && change.send && change.cancel.roomId !== undefined) {
        const { roomId, body, threadId } = change.cancel;
        client.room(roomId).messages.send(body, threadId === undefined ? {} : { threadId });
      }
      onDone?.();
    },
    onError: (error) => tell('Could not change it', error),
    onSettled: () => queries.invalidateQueries({ queryKey: SCHEDULED }),
  });
}

export function useRemind(onDone: () => void) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: InputOf<'set_reminder'>) => client.call('set_reminder', input),
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: SCHEDULED }),
  });
}
