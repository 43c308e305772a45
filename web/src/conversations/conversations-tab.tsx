// What was talked about with an agent, room by room: a summary, the last message, and how well it knows whom.
import { Button } from '@mantine/core';
import type { Agent, Conversation } from '@parley/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import spending from '../agents/spending-tab.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { FoldRow } from '../parts/fold-row.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from '../tools/tools.module.css';
import { useNames } from '../tools/use-agent-tools.ts';

export function ConversationsTab({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: ['conversations', agent.id],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_conversations',
        { agentId: agent.id, limit: 20, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const conversations = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    stateOf({ query, what: 'its conversations' }) ??
    (conversations.length === 0 ? (
      <EmptyState title="Nobody has talked to it yet">
        Mention @{agent.handle} in a room that it is in, or press “Talk to it”.
      </EmptyState>
    ) : (
      <>
        <h2 className="reader-only">Conversations</h2>
        <ul className={styles.rows}>
          {conversations.map((one) => (
            <ConversationRow key={one.id} conversation={one} />
          ))}
        </ul>
        {query.hasNextPage && (
          <Button
            mt="md"
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => query.fetchNextPage()}
          >
            Show older
          </Button>
        )}
      </>
    ))
  );
}

function ConversationRow({ conversation: one }: { conversation: Conversation }) {
  const last = one.lastMessage;
  return (
    <FoldRow
      title={one.roomName === undefined ? 'A room you are not in' : one.roomName || 'A direct room'}
      about={
        last === undefined
          ? `${one.messageCount} messages`
          : `${last.author.name}: ${last.body.slice(0, 120)}`
      }
      side={
        one.lastMessageAt !== undefined && (
          <>
            <time dateTime={one.lastMessageAt} title={formatFull(one.lastMessageAt)}>
              {formatDay(one.lastMessageAt)}, {formatTime(one.lastMessageAt)}
            </time>
            <span>{one.messageCount} messages</span>
          </>
        )
      }
    >
      <div className={styles.part}>
        <h3>What it was about</h3>
        <p className={styles.quiet}>
          {one.summary ??
            (one.roomName === undefined
              ? 'Only members of the room may read that.'
              : 'There is no summary: nobody there lets it remember, or little was said.')}
        </p>
        {one.roomName !== undefined && (
          <p className={styles.quiet}>
            <a href={`#/rooms/${one.roomId}`}>Go to the room</a>
          </p>
        )}
      </div>
      <Relationships of={one} />
    </FoldRow>
  );
}

function Relationships({ of: { relationships } }: { of: Conversation }) {
  const names = useNames(relationships.map(({ userId }) => userId));
  if (relationships.length === 0) return null;
  return (
    <div className={styles.part}>
      <h3>With whom</h3>
      <table className={spending.days}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Answers</th>
            <th scope="col">Since</th>
            <th scope="col">Liked</th>
          </tr>
        </thead>
        <tbody>
          {relationships.map((one) => (
            <tr key={one.userId}>
              <th scope="row">{names.person(one.userId)}</th>
              <td>{one.exchanges}</td>
              <td>{formatDay(one.firstAt)}</td>
              <td>
                {one.liked} of {one.liked + one.disliked}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
