// What was reported: the message with its author, who said what about it, and settling it.
import { Button, NativeSelect, TextInput } from '@mantine/core';
import type { InputOf } from '@parley/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Chip, Chips } from '../parts/chip.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import cards from '../parts/message-card.module.css';
import { MessageCard } from '../parts/message-card.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import styles from './moderation.module.css';
import { ACTIONS, LASTS, REASONS, type Report, untilOf } from './words.ts';

const REPORTS = ['reports'];

export function ReportsTab({ roomId }: { roomId: string }) {
  const client = useClient();
  const [status, setStatus] = useState<'open' | 'resolved'>('open');
  useLive(REPORTS, ['message_deleted', 'notification']);
  const query = useInfiniteQuery({
    queryKey: [...REPORTS, roomId, status],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_reports',
        { status, limit: 20, ...(roomId !== '' && { roomId }), ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    // Signals tell of what concerns me; reports by others are asked for.
    refetchInterval: 10_000,
  });
  const reports = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <div className={styles.bar}>
        <Chips label="Which">
          <Chip pressed={status === 'open'} onClick={() => setStatus('open')}>
            Open
          </Chip>
          <Chip pressed={status === 'resolved'} onClick={() => setStatus('resolved')}>
            Settled
          </Chip>
        </Chips>
      </div>
      <h2 className="reader-only">Reports</h2>
      {stateOf({ query, what: 'reports', missing: 'Reports are for those who moderate the room.' }) ??
        (reports.length === 0 ? (
          <EmptyState title={status === 'open' ? 'Nobody has complained' : 'Nothing was settled yet'}>
            What people report by the menu of a message comes in here.
          </EmptyState>
        ) : (
          <ul className={cards.list}>
            {reports.map((report) => (
              <ReportRow key={report.id} report={report} />
            ))}
          </ul>
        ))}
      <MoreButton query={query}>Show older</MoreButton>
    </>
  );
}

function ReportRow({ report }: { report: Report }) {
  const rooms = useRoomNames();
  const { message, reporter, reason, comment, createdAt } = report;
  const why = `${REASONS[reason]} · reported by ${reporter?.name ?? 'somebody'}, ${formatMoment(createdAt)}`;
  const inside = (
    <>
      {comment !== '' && <p className={styles.comment}>“{comment}”</p>}
      {report.status === 'open' ? <Settle report={report} /> : <Settled report={report} />}
    </>
  );
  if (message !== undefined)
    return (
      <MessageCard message={message} room={rooms.of(report.roomId)} why={why}>
        {inside}
      </MessageCard>
    );
  return (
    <li className={styles.gone}>
      <p className={styles.why}>{why}</p>
      <p>The message was deleted, or is not shown to you.</p>
      {inside}
    </li>
  );
}

function Settled({ report: { action, note, resolvedAt } }: { report: Report }) {
  const done = ACTIONS.find(({ value }) => value === action)?.done ?? 'settled';
  return (
    <p className={styles.settled}>
      Settled {resolvedAt !== undefined && formatMoment(resolvedAt)}: {done}
      {note !== undefined && note !== '' && ` · ${note}`}
    </p>
  );
}

function Settle({ report }: { report: Report }) {
  const client = useClient();
  const queries = useQueryClient();
  const [action, setAction] = useState<NonNullable<Report['action']>>('none');
  const [hours, setHours] = useState('24');
  const [note, setNote] = useState('');
  const lasts = action === 'mute' || action === 'ban';
  const settle = useMutation({
    mutationFn: (input: InputOf<'resolve_report'>) => client.call('resolve_report', input),
    onSettled: () => queries.invalidateQueries({ queryKey: REPORTS }),
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    settle.mutate({ reportId: report.id, action, note: note.trim(), ...(lasts && untilOf(hours)) });
  }
  return (
    <form className={`${cards.above} ${styles.settle}`} onSubmit={submit}>
      <NativeSelect
        size="sm"
        label="What to do"
        data={ACTIONS.map(({ value, label }) => ({ value, label }))}
        value={action}
        onChange={(event) => setAction(event.currentTarget.value as 'none')}
      />
      {lasts && (
        <NativeSelect
          size="sm"
          label="For"
          data={LASTS}
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value)}
        />
      )}
      <TextInput
        className={styles.grow ?? ''}
        size="sm"
        label="Note"
        description="Those who reported it read this"
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={note}
        maxLength={1000}
        error={settle.isError ? messageOf(settle.error) : undefined}
        errorProps={{ role: 'alert' }}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Button
        type="submit"
        size="sm"
        className={styles.submit ?? ''}
        color={action === 'none' ? 'pine' : 'clay'}
        loading={settle.isPending}
      >
        Settle
      </Button>
    </form>
  );
}
