// Deleting an agent, asked twice.
import { Button, Group, Modal } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTell } from '../parts/notices.tsx';
import { AGENTS_HREF, goToHref } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';
import styles from './fields.module.css';

export function DeleteAgent({ agent }: { agent: Agent }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);

  async function remove() {
    setBusy(true);
    try {
      await client.call('delete_agent', { agentId: agent.id });
      goToHref(AGENTS_HREF);
      await queries.invalidateQueries({ queryKey: ['agents'] });
    } catch (error) {
      tell(`Could not delete ${agent.name}`, error);
      setBusy(false);
      setAsking(false);
    }
  }

  return (
    <section className={styles.section}>
      <Button variant="outline" color="clay" onClick={() => setAsking(true)}>
        Delete this agent
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Delete ${agent.name}?`}>
        <p>It stops, leaves every room, and forgets everything. What it has written stays.</p>
        <Group justify="flex-end" gap="sm" mt="lg">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            Keep it
          </Button>
          <Button color="clay" loading={busy} onClick={remove}>
            Delete agent
          </Button>
        </Group>
      </Modal>
    </section>
  );
}
