// One tool of somebody's own: what it is, and to change, try, switch off and delete it.
import { Button, Group, Modal, Select, Switch } from '@mantine/core';
import type { Agent, CustomTool } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toolWords } from '../../agents/words.ts';
import { FoldRow } from '../../parts/fold-row.tsx';
import { useTell } from '../../parts/notices.tsx';
import { agentHref } from '../../parts/route.ts';
import { useClient, useMe } from '../../session/use-client.ts';
import { ToolInputs } from '../agent-tool-row.tsx';
import { EffectTag } from '../effect-tag.tsx';
import styles from '../tools.module.css';
import { TryDialog } from '../try-dialog.tsx';
import { EFFECTS } from '../words.ts';
import { CUSTOM_TOOLS } from './custom-tools.tsx';

export function CustomToolRow({ tool, onEdit }: { tool: CustomTool; onEdit(): void }) {
  const client = useClient();
  const me = useMe();
  const queries = useQueryClient();
  const tell = useTell();
  const [asking, setAsking] = useState(false);
  const onSettled = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: CUSTOM_TOOLS }),
      queries.invalidateQueries({ queryKey: ['tool-choices'] }),
      queries.invalidateQueries({ queryKey: ['agent-tools'] }),
    ]);
  const toggle = useMutation({
    mutationFn: (isActive: boolean) =>
      client.request('PUT /api/tools/custom/:toolId', { toolId: tool.id, isActive }),
    onError: (error) => tell('Could not switch the tool', error),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: () => client.request('DELETE /api/tools/custom/:toolId', { toolId: tool.id }),
    onError: (error) => tell('Could not delete the tool', error),
    onSuccess: () => setAsking(false),
    onSettled,
  });
  const { implementation } = tool;
  return (
    <FoldRow
      title={
        <>
          {toolWords(tool.name)} <EffectTag effect={tool.effect} />
          {!tool.isActive && <span className={styles.effect}>off</span>}
          {tool.shared && <span className={styles.effect}>for every agent</span>}
          {tool.ownerId !== me.id && <span className={styles.quiet}>of someone else</span>}
        </>
      }
      about={tool.description}
    >
      <div className={styles.part}>
        <h3>{implementation.kind === 'http' ? 'What is asked' : 'What is run'}</h3>
        <pre className={styles.raw}>
          {implementation.kind === 'http'
            ? `${implementation.method} ${implementation.url}${tool.headerNames.map((name) => `\n${name}: (sealed)`).join('')}`
            : implementation.code}
        </pre>
      </div>
      <p className={styles.quiet}>
        {EFFECTS[tool.effect].about} It has {Math.round(tool.timeoutMs / 1000)} s.
        {tool.audience === 'asker' && ' What it finds is only for whoever asked.'}
      </p>
      <ToolInputs schema={tool.inputSchema} />
      <TryPart tool={tool} />
      <Group gap="md">
        <Switch
          label={tool.isActive ? 'It is on' : 'It is off'}
          checked={tool.isActive}
          disabled={toggle.isPending}
          onChange={(event) => toggle.mutate(event.currentTarget.checked)}
        />
        <Button size="compact-sm" variant="default" onClick={onEdit}>
          Change
        </Button>
        <Button size="compact-sm" variant="outline" color="clay" onClick={() => setAsking(true)}>
          Delete
        </Button>
      </Group>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Delete ${toolWords(tool.name)}?`}>
        <p>No agent has it any more. What was done with it stays on record.</p>
        <Group justify="flex-end" gap="sm" mt="lg">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            Keep it
          </Button>
          <Button color="clay" loading={remove.isPending} onClick={() => remove.mutate()}>
            Delete tool
          </Button>
        </Group>
      </Modal>
    </FoldRow>
  );
}

/** A tool is called as an agent that has it, so that the same is decided as in earnest. */
function TryPart({ tool }: { tool: CustomTool }) {
  const client = useClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const [trying, setTrying] = useState(false);
  const query = useQuery({
    queryKey: ['agents', 'to-try'],
    queryFn: ({ signal }) => client.call('list_agents', { limit: 100 }, { signal }),
  });
  const agents = query.data?.data ?? [];
  const having = agents.filter(({ capabilities }) => capabilities.includes(tool.name));
  const agent: Agent | undefined = having.find(({ id }) => id === chosen) ?? having[0];
  if (!query.isSuccess) return null;
  return (
    <div className={styles.part}>
      <h3>Try it</h3>
      {agent === undefined ? (
        <p className={styles.quiet}>
          {agents[0] === undefined ? (
            'It is tried as an agent of yours; you have none yet.'
          ) : (
            <>
              No agent of yours has it. Give it to one first:{' '}
              {agents.slice(0, 5).map((one, i) => (
                <span key={one.id}>
                  {i > 0 && ', '}
                  <a href={agentHref(one.id, 'tools')}>{one.name}</a>
                </span>
              ))}
              .
            </>
          )}
        </p>
      ) : (
        <Group gap="sm">
          {having.length > 1 && (
            <Select
              size="sm"
              aria-label="As"
              data={having.map(({ id, name }) => ({ value: id, label: name }))}
              value={agent.id}
              allowDeselect={false}
              onChange={setChosen}
            />
          )}
          <Button size="compact-sm" variant="default" onClick={() => setTrying(true)}>
            Try it as {agent.name}
          </Button>
          <TryDialog
            agent={agent}
            tool={{ ...tool, parameters: tool.inputSchema }}
            opened={trying}
            onClose={() => setTrying(false)}
          />
        </Group>
      )}
    </div>
  );
}
