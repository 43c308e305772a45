// The agents' emergency stops: all of them at once, those that stand, those that stood.
import { Button, TextInput } from '@mantine/core';
import type { AgentStop } from '@parley/client';
import { IconHandStop } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatMoment } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useNames } from '../tools/use-agent-tools.ts';
import styles from './admin.module.css';

const STOPS = ['agent-stops'];

export function StopsTab() {
  const client = useClient();
  const query = useQuery({
    queryKey: [...STOPS, 'all'],
    queryFn: ({ signal }) => client.call('list_agent_stops', {}, { signal }),
    refetchInterval: 15_000,
  });
  const stops = query.data?.data ?? [];
  const standing = stops.filter(({ liftedAt }) => liftedAt === undefined);
  const lifted = stops.filter(({ liftedAt }) => liftedAt !== undefined);
  return (
    <>
      <section className={fields.section} aria-labelledby="stop-all">
        <h2 id="stop-all">Stop every agent</h2>
        <p className={fields.hint}>
          Ends at once what any agent is doing. Nothing under way is published, and nothing begins until the
          stop is lifted. One agent is stopped on its own page.
        </p>
        {!standing.some(({ target }) => target === 'all') && <StopAll />}
      </section>
      <section className={fields.section} aria-labelledby="standing">
        <h2 id="standing">In force</h2>
        {stateOf({ query, what: 'stops' }) ??
          (standing.length === 0 ? (
            <p className={fields.hint}>No stop stands: agents work.</p>
          ) : (
            <StopList stops={standing} />
          ))}
      </section>
      {lifted.length > 0 && (
        <section className={fields.section} aria-labelledby="lifted">
          <h2 id="lifted">Lifted</h2>
          <StopList stops={lifted} />
        </section>
      )}
    </>
  );
}

function StopAll() {
  const client = useClient();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const stop = useMutation({
    mutationFn: () => client.call('set_agent_stop', { target: 'all', reason: reason.trim() }),
    onSuccess: () => setReason(''),
    onSettled: () => queries.invalidateQueries({ queryKey: STOPS }),
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (reason.trim() !== '') stop.mutate();
  }
  return (
    <form onSubmit={submit} className={styles.bar}>
      <TextInput
        className={styles.grow ?? ''}
        label="Why"
        value={reason}
        maxLength={500}
        error={stop.isError ? messageOf(stop.error) : undefined}
        errorProps={{ role: 'alert' }}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Button
        type="submit"
        size="md"
        color="clay"
        leftSection={<IconHandStop size={18} aria-hidden="true" />}
        loading={stop.isPending}
        disabled={reason.trim() === ''}
      >
        Stop all agents
      </Button>
    </form>
  );
}

function StopList({ stops }: { stops: AgentStop[] }) {
  const names = useNames(
    stops.flatMap(({ target, targetId, setBy, liftedBy }) => [
      setBy,
      ...(liftedBy === undefined ? [] : [liftedBy]),
      ...(targetId === undefined || target === 'room' ? [] : [targetId]),
    ]),
  );
  function whom({ target, targetId = '' }: AgentStop): string {
    if (target === 'all') return 'All agents';
    if (target === 'room') return `Agents in ${names.room(targetId)}`;
    return target === 'owner' ? `Agents of ${names.person(targetId)}` : names.person(targetId);
  }
  return (
    <ul className={rows.rows}>
      {stops.map((stop) => (
        <li key={stop.id} className={rows.memory}>
          <div className={rows.words}>
            <p>
              <strong>{whom(stop)}</strong>: {stop.reason}
            </p>
            <p className={rows.about}>
              by {names.person(stop.setBy)}, {formatMoment(stop.createdAt)} ·{' '}
              {stop.stoppedRuns === 1 ? '1 run ended' : `${stop.stoppedRuns} runs ended`}
              {stop.liftedAt !== undefined &&
                ` · lifted ${formatMoment(stop.liftedAt)} by ${names.person(stop.liftedBy ?? '')}: ${stop.liftReason ?? ''}`}
            </p>
          </div>
          {stop.liftedAt === undefined && <Lift stop={stop} />}
        </li>
      ))}
    </ul>
  );
}

function Lift({ stop }: { stop: AgentStop }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const lift = useMutation({
    mutationFn: () =>
      client.call('lift_agent_stop', { stopId: stop.id, reason: 'Lifted by an administrator' }),
    onError: (error) => tell('Could not lift the stop', error),
    onSettled: () => queries.invalidateQueries({ queryKey: STOPS }),
  });
  return (
    <Button size="compact-sm" variant="default" loading={lift.isPending} onClick={() => lift.mutate()}>
      Lift
    </Button>
  );
}
