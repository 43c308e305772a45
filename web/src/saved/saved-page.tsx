// Messages I keep, with a note of mine. Nobody else sees them here.
import { ActionIcon, Button, Group, TextInput, Tooltip } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { IconBookmarkOff, IconPencil } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { PageFrame } from '../layout/page-frame.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import cards from '../parts/message-card.module.css';
import { MessageCard } from '../parts/message-card.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import styles from './saved-page.module.css';

type Saved = ReplyOf<'list_saved'>['data'][number];

const SAVED = ['saved'];

export function SavedPage({ onRooms }: { onRooms(): void }) {
  const client = useClient();
  useLive(SAVED, ['saved_changed']);
  const query = useInfiniteQuery({
    queryKey: SAVED,
    queryFn: ({ signal, pageParam }) =>
      client.call('list_saved', { limit: 50, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const all = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <PageFrame title="Saved" about="For you alone" onRooms={onRooms}>
      <h2 className="reader-only">Saved messages</h2>
      {stateOf({ query, what: 'what you saved' }) ??
        (all.length === 0 ? (
          <EmptyState title="Nothing is saved yet">
            Open the menu of a message and choose “Save for later”. It stays here until you take it off.
          </EmptyState>
        ) : (
          <ul className={cards.list}>
            {all.map((saved) => (
              <SavedRow key={saved.message.id} saved={saved} />
            ))}
          </ul>
        ))}
      <MoreButton query={query}>Show older</MoreButton>
    </PageFrame>
  );
}

function SavedRow({ saved: { message, note } }: { saved: Saved }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const rooms = useRoomNames();
  const [isEditing, setEditing] = useState(false);
  const onSettled = () => queries.invalidateQueries({ queryKey: SAVED });
  const remove = useMutation({
    mutationFn: () => client.call('unsave_message', { messageId: message.id }),
    onError: (error) => tell('Could not take it off the list', error),
    onSettled,
  });
  const change = useMutation({
    mutationFn: (words: string) => client.call('save_message', { messageId: message.id, note: words }),
    onSuccess: () => setEditing(false),
    onError: (error) => tell('Could not keep the note', error),
    onSettled,
  });
  return (
    <MessageCard
      message={message}
      room={rooms.of(message.roomId)}
      actions={
        <>
          <Tooltip label={note === '' ? 'Add a note' : 'Change the note'}>
            <ActionIcon
              aria-label={note === '' ? 'Add a note' : 'Change the note'}
              onClick={() => setEditing(true)}
            >
              <IconPencil size={18} stroke={1.7} aria-hidden="true" />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Take off the list">
            <ActionIcon
              aria-label="Take off the list"
              loading={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <IconBookmarkOff size={18} stroke={1.7} aria-hidden="true" />
            </ActionIcon>
          </Tooltip>
        </>
      }
    >
      {isEditing ? (
        <NoteForm
          note={note}
          isBusy={change.isPending}
          onKeep={(words) => change.mutate(words)}
          onCancel={() => setEditing(false)}
        />
      ) : (
        note !== '' && <p className={styles.note}>{note}</p>
      )}
    </MessageCard>
  );
}

interface NoteFormProps {
  note: string;
  isBusy: boolean;
  onKeep(note: string): void;
  onCancel(): void;
}

function NoteForm({ note, isBusy, onKeep, onCancel }: NoteFormProps) {
  const [words, setWords] = useState(note);
  function submit(event: FormEvent) {
    event.preventDefault();
    onKeep(words.trim());
  }
  return (
    <form className={cards.above} onSubmit={submit}>
      <TextInput
        mt="xs"
        size="sm"
        label="Note"
        value={words}
        maxLength={1000}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && onCancel()}
        autoFocus
      />
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" type="submit" loading={isBusy}>
          Keep
        </Button>
        <Button size="compact-sm" variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
