// What stands unsent in the composers of my rooms.
import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { EmptyState } from '../parts/empty-state.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { hrefOf } from '../parts/route.ts';
import { formatMoment } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import styles from './later.module.css';

const DRAFTS = ['composer-drafts'];

export function Drafts() {
  const client = useClient();
  useLive(DRAFTS, ['draft_changed']);
  const query = useQuery({
    queryKey: DRAFTS,
    queryFn: ({ signal }) => client.call('list_composer_drafts', {}, { signal }),
  });
  const drafts = query.data?.data ?? [];
  return (
    stateOf({ query, what: 'your drafts' }) ??
    (drafts.length === 0 ? (
      <EmptyState title="No message is half written">
        What you begin to write is kept for you, here and on your other devices, until you send it.
      </EmptyState>
    ) : (
      <>
        <h2 className="reader-only">Drafts</h2>
        <ul className={styles.list}>
          {drafts.map((draft) => (
            <DraftRow key={draft.roomId} draft={draft} />
          ))}
        </ul>
      </>
    ))
  );
}

function DraftRow({ draft }: { draft: ReplyOf<'list_composer_drafts'>['data'][number] }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const room = useRoomNames().of(draft.roomId);
  const discard = useMutation({
    mutationFn: () => client.call('set_draft', { roomId: draft.roomId, body: '' }),
    onError: (error) => tell('Could not discard the draft', error),
    onSettled: () => queries.invalidateQueries({ queryKey: DRAFTS }),
  });
  return (
    <li className={styles.item}>
      <div className={styles.words}>
        <p className={styles.about}>
          To <strong>{room.name}</strong>
          {draft.updatedAt !== undefined && ` · ${formatMoment(draft.updatedAt)}`}
        </p>
        <a className={styles.body} href={hrefOf(room)}>
          {draft.body}
        </a>
      </div>
      <div className={styles.actions}>
        <Tooltip label="Discard">
          <ActionIcon
            aria-label={`Discard the draft to ${room.name}`}
            loading={discard.isPending}
            onClick={() => discard.mutate()}
          >
            <IconTrash size={18} stroke={1.7} aria-hidden="true" />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
}
