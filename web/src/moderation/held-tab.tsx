// Messages of a room that a rule holds: let through as they were written, or turned down.
import { Button, Group } from '@mantine/core';
import type { ReplyOf } from '@parley/client';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Avatar } from '../parts/avatar.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import cards from '../parts/message-card.module.css';
import { MoreButton } from '../parts/more-button.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatMoment } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './moderation.module.css';

type Held = ReplyOf<'list_held_messages'>['data'][number];

const HELD = ['held'];

const RULES: Record<string, string> = {
  phrases: 'a phrase the room does not want',
  links: 'links',
  mentions: 'too many mentions',
  repeats: 'said too often',
  service: 'the moderation service',
};

export function HeldTab({ roomId }: { roomId: string }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: [...HELD, roomId],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_held_messages',
        { roomId, limit: 50, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
    enabled: roomId !== '',
    refetchInterval: 10_000,
  });
  const held = query.data?.pages.flatMap((page) => page.data) ?? [];
  if (roomId === '')
    return <EmptyState title="Choose a room">Held messages are looked at room by room.</EmptyState>;
  return (
    <>
      <h2 className="reader-only">Held messages</h2>
      {stateOf({ query, what: 'held messages' }) ??
        (held.length === 0 ? (
          <EmptyState title="No message waits">What a rule of the room holds back comes in here.</EmptyState>
        ) : (
          <ul className={cards.list}>
            {held.map((message) => (
              <HeldRow key={message.id} message={message} />
            ))}
          </ul>
        ))}
      <MoreButton query={query}>Show older</MoreButton>
    </>
  );
}

function HeldRow({ message }: { message: Held }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const onSettled = () => queries.invalidateQueries({ queryKey: HELD });
  const release = useMutation({
    mutationFn: () => client.call('release_message', { messageId: message.id }),
    onError: (error) => tell('Could not let the message through', error),
    onSettled,
  });
  const reject = useMutation({
    mutationFn: () => client.call('reject_message', { messageId: message.id }),
    onError: (error) => tell('Could not turn the message down', error),
    onSettled,
  });
  const isBusy = release.isPending || reject.isPending;
  return (
    <li className={cards.card}>
      <Avatar user={message.author} />
      <div className={cards.words}>
        <p className={styles.why}>
          {message.author.name} · {formatMoment(message.createdAt)} · held because of{' '}
          {RULES[message.rule] ?? message.rule}
        </p>
        <p className={styles.held}>{message.body}</p>
        <Group gap="xs" mt="xs">
          <Button size="compact-sm" disabled={isBusy} onClick={() => release.mutate()}>
            Let it through
          </Button>
          <Button
            size="compact-sm"
            variant="outline"
            color="clay"
            disabled={isBusy}
            onClick={() => reject.mutate()}
          >
            Turn it down
          </Button>
        </Group>
      </div>
    </li>
  );
}
