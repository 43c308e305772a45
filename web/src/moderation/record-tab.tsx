// What was done in a room, or, for administrators, in all of them; mutes and bans that hold can be ended.
import { Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import rows from '../agents/rows.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatFull, formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import { KINDS, type Measure } from './words.ts';

const RECORD = ['moderation'];

/** @param roomId empty for all rooms */
export function RecordTab({ roomId, standing }: { roomId: string; standing: boolean }) {
  const client = useClient();
  useLive(RECORD, ['member_updated', 'member_left', 'room_updated']);
  const query = useInfiniteQuery({
    queryKey: [...RECORD, roomId, standing],
    queryFn: ({ signal, pageParam }) => {
      const page = { standing, limit: 50, ...(pageParam && { cursor: pageParam }) };
      return roomId === ''
        ? client.call('list_all_moderation', page, { signal })
        : client.call('list_moderation', { roomId, ...page }, { signal });
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const measures = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <h2 className="reader-only">{standing ? 'Measures in force' : 'Record'}</h2>
      {stateOf({ query, what: 'the record', missing: 'The record is for those who moderate the room.' }) ??
        (measures.length === 0 ? (
          <EmptyState title={standing ? 'Nobody is muted or banned' : 'Nothing had to be done yet'}>
            {standing ? '' : 'Mutes, bans, slow mode and settled reports are written down here.'}
          </EmptyState>
        ) : (
          <ul className={rows.rows}>
            {measures.map((measure) => (
              <MeasureRow key={measure.id} measure={measure} />
            ))}
          </ul>
        ))}
      <MoreButton query={query}>Show older</MoreButton>
    </>
  );
}

function MeasureRow({ measure }: { measure: Measure }) {
  const rooms = useRoomNames();
  const { kind, user, actor, reason, until, roomId, createdAt } = measure;
  const seconds = measure.details.seconds;
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        <p>
          <strong>{user === undefined ? KINDS[kind] : `${user.name}: ${KINDS[kind].toLowerCase()}`}</strong>
          {kind === 'slow_mode' &&
            typeof seconds === 'number' &&
            (seconds === 0 ? ', off' : `, ${seconds} s`)}
          {reason !== '' && ` · ${reason}`}
        </p>
        <p className={rows.about}>
          {roomId === undefined ? 'everywhere' : `in ${rooms.of(roomId).name}`} · by{' '}
          {actor?.name ?? 'a rule of the room'} ·{' '}
          <time dateTime={createdAt} title={formatFull(createdAt)}>
            {formatMoment(createdAt)}
          </time>
          {until !== undefined && ` · until ${formatMoment(until)}`}
        </p>
      </div>
      {measure.standing && <End measure={measure} />}
    </li>
  );
}

function End({ measure: { kind, user, roomId } }: { measure: Measure }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const end = useMutation({
    mutationFn: async () => {
      if (user === undefined) return;
      if (kind === 'ban' && roomId !== undefined)
        await client.call('unban_member', { roomId, userId: user.id });
      else await client.call('unmute_member', { userId: user.id, ...(roomId !== undefined && { roomId }) });
    },
    onError: (error) => tell('Could not end it', error),
    onSettled: () => queries.invalidateQueries({ queryKey: RECORD }),
  });
  return (
    <Button size="compact-sm" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
      {kind === 'ban' ? 'Let them in again' : 'End the mute'}
    </Button>
  );
}
