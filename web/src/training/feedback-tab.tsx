// What people said of an agent's answers, how that goes over time, what it moved, and the changes it suggests.
import { Button, Group } from '@mantine/core';
import type { Agent, Feedback, Suggestion } from '@parley/client';
import { IconThumbDown, IconThumbUp } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import spending from '../agents/spending-tab.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useNames } from '../tools/use-agent-tools.ts';

const keyOf = (agentId: string) => ['feedback', agentId];

export function FeedbackTab({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useInfiniteQuery({
    queryKey: keyOf(agent.id),
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_agent_feedback',
        { agentId: agent.id, limit: 30, ...(pageParam && { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const said = query.data?.pages.flatMap((page) => page.data) ?? [];
  const readiness = query.data?.pages[0]?.readiness ?? [];
  const names = useNames(said.map(({ userId }) => userId));
  return (
    stateOf({ query, what: 'what people said' }) ??
    (said.length === 0 ? (
      <EmptyState title="Nobody has said anything yet">
        People tell under its answers whether they helped.
      </EmptyState>
    ) : (
      <>
        <Satisfaction agent={agent} />
        <Suggestions agent={agent} />
        {readiness.length > 0 && (
          <section className={fields.section}>
            <h2>What it moved</h2>
            <ul>
              {readiness.map(({ roomId, shift }) => (
                <li key={roomId} className={fields.hint}>
                  In {names.room(roomId)} it speaks unasked {shift < 0 ? 'less' : 'more'} readily (
                  {shift < 0 ? '−' : '+'}
                  {Math.abs(shift).toFixed(2)}).
                </li>
              ))}
            </ul>
          </section>
        )}
        <section className={fields.section}>
          <h2>What people said</h2>
          <ul className={rows.rows}>
            {said.map((one) => (
              <SaidRow
                key={`${one.messageId} ${one.userId}`}
                said={one}
                by={names.person(one.userId)}
                room={names.room(one.roomId)}
              />
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
        </section>
      </>
    ))
  );
}

function SaidRow({ said, by, room }: { said: Feedback; by: string; room: string }) {
  const good = said.rating === 1;
  const Icon = good ? IconThumbUp : IconThumbDown;
  return (
    <li className={rows.memory}>
      <Icon size={18} aria-hidden="true" color={good ? 'var(--present)' : 'var(--danger)'} />
      <div className={rows.words}>
        <p className={rows.content}>{said.comment ?? (good ? 'It helped.' : 'It did not help.')}</p>
        <p className={rows.about}>
          <span className="reader-only">{good ? 'Liked' : 'Disliked'} </span>by {by} in {room} ·{' '}
          <time dateTime={said.updatedAt} title={formatFull(said.updatedAt)}>
            {formatDay(said.updatedAt)}
          </time>
        </p>
      </div>
    </li>
  );
}

const SPANS = [7, 30, 90];

function Satisfaction({ agent }: { agent: Agent }) {
  const client = useClient();
  const spans = useQueries({
    queries: SPANS.map((days) => ({
      queryKey: ['metrics', agent.id, days],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.call('get_agent_metrics', { agentId: agent.id, days }, { signal }),
    })),
  });
  return (
    <section className={fields.section}>
      <h2>How satisfied people are</h2>
      <table className={spending.days}>
        <thead>
          <tr>
            <th scope="col">The last</th>
            <th scope="col">Liked</th>
            <th scope="col">Disliked</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {SPANS.map((days, i) => {
            const found = spans[i]?.data?.performance.satisfaction;
            return (
              <tr key={days}>
                <th scope="row">{days} days</th>
                <td>{found?.good ?? '…'}</td>
                <td>{found?.bad ?? '…'}</td>
                <td>
                  {found === undefined
                    ? '…'
                    : found.goodShare === null
                      ? 'no word'
                      : `${Math.round(found.goodShare * 100)} %`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const KINDS: Record<Suggestion['kind'], string> = {
  shorter: 'Write shorter answers',
  longer: 'Write longer answers',
  speak_less: 'Speak less unasked',
  kinder: 'Be kinder',
  teach: 'It is wrong about something: train it, or correct its instructions',
};

function Suggestions({ agent }: { agent: Agent }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const query = useQuery({
    queryKey: [...keyOf(agent.id), 'suggestions'],
    queryFn: ({ signal }) => client.call('list_suggestions', { agentId: agent.id }, { signal }),
  });
  const decide = useMutation({
    mutationFn: (decision: { suggestionId: string; accept: boolean }) =>
      client.call('decide_suggestion', decision),
    onError: (error) => tell('Could not decide on it', error),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keyOf(agent.id) }),
        queries.invalidateQueries({ queryKey: ['agent', agent.id] }),
        queries.invalidateQueries({ queryKey: ['revisions', agent.id] }),
      ]),
  });
  const suggestions = query.data?.data ?? [];
  if (suggestions.length === 0) return null;
  return (
    <section className={fields.section}>
      <h2>What several people ask for</h2>
      <ul className={rows.rows}>
        {suggestions.map((one) => (
          <li key={one.id} className={rows.memory}>
            <div className={rows.words}>
              <p className={rows.content}>{KINDS[one.kind]}</p>
              <p className={rows.about}>
                {one.votes} people
                {one.status !== 'open' && ` · ${one.status}`}
              </p>
            </div>
            {one.status === 'open' && (
              <Group gap="xs">
                <Button
                  size="compact-sm"
                  loading={decide.isPending}
                  onClick={() => decide.mutate({ suggestionId: one.id, accept: true })}
                >
                  {one.kind === 'teach' ? 'Done' : 'Change it so'}
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={decide.isPending}
                  onClick={() => decide.mutate({ suggestionId: one.id, accept: false })}
                >
                  Dismiss
                </Button>
              </Group>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
