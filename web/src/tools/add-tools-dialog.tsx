// Choosing more tools for an agent: built in, made by people, or offered by connected servers.
import { Button, Checkbox, Group, Modal, TextInput } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { toolWords } from '../agents/words.ts';
import { messageOf } from '../parts/errors.ts';
import { stateOf } from '../parts/query-state.tsx';
import { useClient } from '../session/use-client.ts';
import { EffectTag } from './effect-tag.tsx';
import styles from './tools.module.css';
import { type AgentTool, asTold, usePutTools } from './use-agent-tools.ts';

interface AddToolsDialogProps {
  agent: Agent;
  has: readonly AgentTool[];
  opened: boolean;
  onClose(): void;
}

export function AddToolsDialog(props: AddToolsDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} size="lg" title="Add tools">
      <Choice {...props} />
    </Modal>
  );
}

function Choice({ agent, has, onClose }: AddToolsDialogProps) {
  const client = useClient();
  const put = usePutTools(agent);
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const query = useQuery({
    queryKey: ['tool-choices', agent.id],
    queryFn: ({ signal }) => client.call('list_tools', { agentId: agent.id }, { signal }),
  });
  const known = new Set(has.map(({ info }) => info.name));
  const others = (query.data?.data ?? []).filter(({ name }) => !known.has(name));
  const looked = words.trim().toLowerCase();
  const shown = others.filter(({ name, description }) =>
    `${toolWords(name)} ${description}`.toLowerCase().includes(looked),
  );

  const add = () =>
    put.mutate([...asTold(has), ...chosen.map((name) => ({ name, limits: [] }))], { onSuccess: onClose });

  return (
    <>
      <TextInput
        label="Find a tool"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        data-autofocus
      />
      {stateOf({ query, what: 'tools' }) ??
        (shown.length === 0 ? (
          <p className={styles.quiet} role="status">
            {others.length === 0 ? 'It has every tool there is.' : 'No tool fits these words.'}
          </p>
        ) : (
          <Checkbox.Group aria-label="Tools" value={chosen} onChange={setChosen}>
            <div className={styles.choices}>
              {shown.map((tool) => (
                <Checkbox
                  key={tool.name}
                  value={tool.name}
                  label={
                    <>
                      {toolWords(tool.name)} <EffectTag effect={tool.effect} />
                    </>
                  }
                  description={
                    tool.unavailable === undefined ? tool.description : `Not usable here: ${tool.unavailable}`
                  }
                />
              ))}
            </div>
          </Checkbox.Group>
        ))}
      {put.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(put.error)}
        </p>
      )}
      <Group justify="flex-end" gap="sm" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={chosen.length === 0} loading={put.isPending} onClick={add}>
          {chosen.length > 1 ? `Add ${chosen.length} tools` : 'Add tool'}
        </Button>
      </Group>
    </>
  );
}
