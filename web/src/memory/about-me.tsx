// What an agent knows from whoever looks, and about them: allow or forbid it to keep more, put things right, have all of it
// forgotten, with a receipt for each.
import { Button, Group, Modal, Switch } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useClient, useMe } from '../session/use-client.ts';
import { KnownRow } from './known-row.tsx';
import { ReceiptCard, Receipts } from './receipts.tsx';
import { memoriesKey } from './use-memories.ts';

export function AboutMe({ agent }: { agent: Agent }) {
  const client = useClient();
  const me = useMe();
  const query = useQuery({
    queryKey: [...memoriesKey(agent.id), 'about-me'],
    queryFn: ({ signal }) => client.call('what_you_know', { agentId: agent.id }, { signal }),
  });
  const known = query.data?.data ?? [];
  return (
    <section className={fields.section} aria-labelledby="about-me">
      <h2 id="about-me">What it knows about you</h2>
      <p className={fields.hint}>What you told it, and what it heard about you in rooms where you are.</p>
      <Consent agent={agent} />
      {stateOf({ query, what: 'what it knows about you' }) ??
        (known.length === 0 ? (
          <p className={fields.hint}>It knows nothing about you.</p>
        ) : (
          <>
            <ul className={rows.rows}>
              {known.map((memory) => (
                <KnownRow
                  key={memory.id}
                  agent={agent}
                  memory={memory}
                  mine={memory.source.speakerId === me.id}
                />
              ))}
            </ul>
            <Forget agent={agent} />
          </>
        ))}
      <Receipts agent={agent} />
    </section>
  );
}

function Consent({ agent }: { agent: Agent }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const query = useQuery({
    queryKey: [...memoriesKey(agent.id), 'consent'],
    queryFn: ({ signal }) => client.call('get_memory_consent', { agentId: agent.id }, { signal }),
  });
  const set = useMutation({
    mutationFn: (status: 'granted' | 'refused') =>
      client.call('set_memory_consent', { agentId: agent.id, status }),
    onSuccess: () => queries.invalidateQueries({ queryKey: memoriesKey(agent.id) }),
    onError: (error) => tell('Could not keep your choice', error),
  });
  return (
    <Switch
      mb="sm"
      label="It may keep what I say"
      description="Without it, only what you ask it to remember. Switching it off erases what it kept this way"
      checked={(set.isPending ? set.variables : query.data?.status) === 'granted'}
      disabled={!query.isSuccess || set.isPending}
      onChange={(event) => set.mutate(event.currentTarget.checked ? 'granted' : 'refused')}
    />
  );
}

function Forget({ agent }: { agent: Agent }) {
  const client = useClient();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const forget = useMutation({
    mutationFn: () => client.call('forget_me', { agentId: agent.id }),
    onSuccess: () => setAsking(false),
    onSettled: () => queries.invalidateQueries({ queryKey: memoriesKey(agent.id) }),
  });
  return (
    <>
      <Button mt="md" variant="outline" color="clay" onClick={() => setAsking(true)}>
        Make it forget me
      </Button>
      {forget.data !== undefined && <ReceiptCard receipt={forget.data} />}
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Make ${agent.name} forget you?`}>
        <p>
          It forgets all you told it and all about you, with everything made from it. Your messages stay where
          you wrote them. You get a receipt.
        </p>
        {forget.isError && (
          <p className={fields.hint} role="alert">
            {messageOf(forget.error)}
          </p>
        )}
        <Group justify="flex-end" gap="sm" mt="lg">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            Cancel
          </Button>
          <Button color="clay" loading={forget.isPending} onClick={() => forget.mutate()}>
            Forget me
          </Button>
        </Group>
      </Modal>
    </>
  );
}
