// The emergency stop of one agent: set with a reason, seen while it stands, lifted with a reason.
import { Button, Group, Modal, TextInput } from '@mantine/core';
import type { Agent, AgentStop } from '@parley/client';
import { IconHandStop } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { formatFull } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './fields.module.css';
import rows from './rows.module.css';

const STOPS = ['agent-stops'];

const SCOPES: Record<AgentStop['target'], string> = {
  agent: 'This agent',
  owner: 'All agents of its owner',
  room: 'All agents of a room',
  all: 'All agents of this server',
};

export function StopSection({ agent }: { agent: Agent }) {
  const client = useClient();
  const [asking, setAsking] = useState<'set' | AgentStop>();
  const query = useQuery({
    queryKey: STOPS,
    queryFn: ({ signal }) => client.call('list_agent_stops', { state: 'standing' }, { signal }),
  });
  const standing = (query.data?.data ?? []).filter(
    ({ target, targetId }) =>
      target === 'all' || targetId === agent.id || (target === 'owner' && targetId === agent.ownerId),
  );
  const isStopped = standing.some(({ target }) => target === 'agent');
  return (
    <section className={styles.section}>
      <h2>Emergency stop</h2>
      <p className={styles.hint}>
        Ends at once what it is doing, everywhere; nothing under way is published, and nothing begins until
        the stop is lifted.
      </p>
      {standing.map((stop) => (
        <p key={stop.id} className={rows.warning}>
          <span>
            {SCOPES[stop.target]} stopped {formatFull(stop.createdAt)}: {stop.reason}
          </span>
          <Button size="compact-xs" variant="default" onClick={() => setAsking(stop)}>
            Lift
          </Button>
        </p>
      ))}
      {!isStopped && (
        <Button
          variant="outline"
          color="clay"
          leftSection={<IconHandStop size={16} aria-hidden="true" />}
          onClick={() => setAsking('set')}
        >
          Stop it now
        </Button>
      )}
      <Modal
        opened={asking !== undefined}
        onClose={() => setAsking(undefined)}
        title={asking === 'set' ? `Stop ${agent.name}?` : 'Lift the stop?'}
      >
        {asking !== undefined && (
          <ReasonForm agent={agent} stop={asking} onClose={() => setAsking(undefined)} />
        )}
      </Modal>
    </section>
  );
}

function ReasonForm({ agent, stop, onClose }: { agent: Agent; stop: 'set' | AgentStop; onClose(): void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const act = useMutation({
    mutationFn: (why: string) =>
      stop === 'set'
        ? client.call('set_agent_stop', { target: 'agent', targetId: agent.id, reason: why })
        : client.call('lift_agent_stop', { stopId: stop.id, reason: why }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: STOPS });
      onClose();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (reason.trim() !== '') act.mutate(reason.trim());
  }
  return (
    <form onSubmit={submit}>
      <TextInput
        label="Why"
        description="For whoever looks at it later"
        value={reason}
        maxLength={500}
        error={act.isError ? messageOf(act.error) : undefined}
        errorProps={{ role: 'alert' }}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
      <Group justify="flex-end" gap="sm" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          type="submit"
          color={stop === 'set' ? 'clay' : 'pine'}
          loading={act.isPending}
          disabled={reason.trim() === ''}
        >
          {stop === 'set' ? 'Stop agent' : 'Lift stop'}
        </Button>
      </Group>
    </form>
  );
}
