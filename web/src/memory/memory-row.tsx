// One memory: what it says, where it comes from, who may be told; and ways to confirm, pin and forget it.
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import type { Agent, InputOf, Memory } from '@parley/client';
import { IconPin, IconPinnedFilled, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import styles from '../agents/rows.module.css';
import { useTell } from '../parts/notices.tsx';
import { formatDay, formatFull } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';

interface MemoryRowProps {
  agent: Agent;
  memory: Memory;
  /** What else there is to say of it here. */
  children?: ReactNode;
}

const LAYERS: Record<Memory['layer'], string> = {
  turn: 'heard',
  fact: 'a fact',
  episode: 'what happened',
  relationship: 'about someone',
  note: 'how to do something',
};

export function MemoryRow({ agent, memory, children }: MemoryRowProps) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const onDone = () => queries.invalidateQueries({ queryKey: ['memories', agent.id] });
  const change = useMutation({
    mutationFn: (changes: Omit<InputOf<'update_memory'>, 'memoryId'>) =>
      client.call('update_memory', { memoryId: memory.id, ...changes }),
    onSuccess: onDone,
    onError: (error) => tell('Could not change the memory', error),
  });
  const forget = useMutation({
    mutationFn: () => client.call('delete_memory', { memoryId: memory.id }),
    onSuccess: onDone,
    onError: (error) => tell('Could not forget it', error),
  });
  return (
    <li className={styles.memory}>
      <div className={styles.words}>
        <p className={styles.content}>{memory.content}</p>
        <p className={styles.about}>
          {factsOf(memory).join(' · ')}
          {memory.source.roomId !== undefined && (
            <>
              {' · '}
              <a href={`#/rooms/${memory.source.roomId}`}>its room</a>
            </>
          )}
        </p>
        {children}
        {memory.trust === 'quarantined' && (
          <p className={styles.warning}>
            Nobody has confirmed this, so it is not used.{' '}
            <Button
              size="compact-xs"
              variant="default"
              loading={change.isPending}
              onClick={() => change.mutate({ confirmed: true })}
            >
              Confirm
            </Button>
          </p>
        )}
      </div>
      <Tooltip label={memory.pinned ? 'Let it fade' : 'Never let it fade'}>
        <ActionIcon
          aria-label={memory.pinned ? 'Let it fade' : 'Never let it fade'}
          aria-pressed={memory.pinned}
          disabled={change.isPending}
          onClick={() => change.mutate({ pinned: !memory.pinned })}
        >
          {memory.pinned ? (
            <IconPinnedFilled size={17} aria-hidden="true" />
          ) : (
            <IconPin size={17} aria-hidden="true" />
          )}
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Forget">
        <ActionIcon aria-label="Forget" loading={forget.isPending} onClick={() => forget.mutate()}>
          <IconTrash size={17} aria-hidden="true" />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

export function factsOf(memory: Memory): string[] {
  return [
    `${LAYERS[memory.layer]}, ${formatDay(memory.occurredAt)}`,
    memory.audience === 'everyone' ? 'for everyone' : 'for those of its room',
    `weight ${memory.importanceScore.toFixed(2)}`,
    ...(memory.accessCount > 0
      ? [`used ${memory.accessCount} ${memory.accessCount === 1 ? 'time' : 'times'}`]
      : []),
    ...(memory.sensitive ? ['sealed'] : []),
    ...(memory.state === 'active' ? [] : [memory.state]),
    ...(memory.validTo === undefined ? [] : [`true until ${formatFull(memory.validTo)}`]),
  ];
}
