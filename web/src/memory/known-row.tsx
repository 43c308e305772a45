// One thing that an agent knows about whoever looks; their own words they may put right.
import { Button, Group, Textarea } from '@mantine/core';
import type { Agent, Memory } from '@parley/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import rows from '../agents/rows.module.css';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import { factsOf } from './memory-row.tsx';
import { memoriesKey } from './use-memories.ts';

interface KnownRowProps {
  agent: Agent;
  memory: Memory;
  /** They said it themselves. */
  mine: boolean;
}

export function KnownRow({ agent, memory, mine }: KnownRowProps) {
  const [editing, setEditing] = useState(false);
  const mayCorrect = mine && (memory.layer === 'fact' || memory.layer === 'turn');
  return (
    <li className={rows.memory}>
      <div className={rows.words}>
        {editing ? (
          <CorrectForm agent={agent} memory={memory} onClose={() => setEditing(false)} />
        ) : (
          <>
            <p className={rows.content}>{memory.content}</p>
            <p className={rows.about}>
              {mine ? 'from you' : 'about you'} · {factsOf(memory).join(' · ')}
            </p>
          </>
        )}
      </div>
      {mayCorrect && !editing && (
        <Button size="compact-sm" variant="default" onClick={() => setEditing(true)}>
          Correct
        </Button>
      )}
    </li>
  );
}

function CorrectForm({ agent, memory, onClose }: { agent: Agent; memory: Memory; onClose(): void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [content, setContent] = useState(memory.content);
  const correct = useMutation({
    mutationFn: () =>
      client.call('correct_memory', {
        agentId: agent.id,
        memoryId: memory.id,
        content: content.trim(),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: memoriesKey(agent.id) });
      onClose();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (content.trim() !== '') correct.mutate();
  }
  return (
    <form onSubmit={submit}>
      <Textarea
        label="What is right"
        value={content}
        maxLength={4000}
        autosize
        minRows={2}
        maxRows={8}
        error={correct.isError ? messageOf(correct.error) : undefined}
        errorProps={{ role: 'alert' }}
        onChange={(event) => setContent(event.currentTarget.value)}
        data-autofocus
      />
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" type="submit" loading={correct.isPending}>
          Save
        </Button>
        <Button size="compact-sm" variant="default" onClick={onClose}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
