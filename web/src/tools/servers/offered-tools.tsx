// What a server offers. A tool may be used only as it was when somebody agreed to it: one that has changed waits for a new word.
import { Button, Group, Select } from '@mantine/core';
import type { McpServer, McpTool } from '@parley/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../parts/errors.ts';
import { FoldRow } from '../../parts/fold-row.tsx';
import { stateOf } from '../../parts/query-state.tsx';
import { useClient } from '../../session/use-client.ts';
import { ToolInputs } from '../agent-tool-row.tsx';
import { EffectTag } from '../effect-tag.tsx';
import styles from '../tools.module.css';
import { EFFECTS } from '../words.ts';
import { toolsOfKey, useServersChanged } from './use-servers.ts';

export function OfferedTools({ server }: { server: McpServer }) {
  const client = useClient();
  const query = useQuery({
    queryKey: toolsOfKey(server.id),
    queryFn: ({ signal }) =>
      client.request('GET /api/mcp/servers/:serverId/tools', { serverId: server.id }, { signal }),
  });
  const tools = query.data?.data ?? [];
  return (
    <div className={styles.part}>
      <h3>What it offers</h3>
      {stateOf({ query, what: 'its tools' }) ??
        (tools.length === 0 ? (
          <p className={styles.quiet}>
            {server.listedAt === undefined ? 'Nobody has looked yet.' : 'No tools.'}
          </p>
        ) : (
          <ul className={styles.rows}>
            {tools.map((tool) => (
              <OfferedRow key={tool.name} server={server} tool={tool} />
            ))}
          </ul>
        ))}
    </div>
  );
}

const STATUS: Record<McpTool['status'], string> = {
  new: 'not agreed to yet',
  approved: 'agreed to',
  changed: 'changed since you agreed: not usable',
  gone: 'no longer offered',
};
type Effect = McpTool['suggestedEffect'];

function OfferedRow({ server, tool }: { server: McpServer; tool: McpTool }) {
  const client = useClient();
  const changed = useServersChanged();
  // What the server says of itself is a hint: nothing becomes harmless by it.
  const hinted: Effect = tool.suggestedEffect === 'read' ? 'write_external' : tool.suggestedEffect;
  const [effect, setEffect] = useState<Effect>(tool.effect ?? hinted);
  const decide = useMutation({
    mutationFn: (approved: boolean) =>
      client.request('PUT /api/mcp/servers/:serverId/tools', {
        serverId: server.id,
        tools: [{ name: tool.name, hash: tool.hash, approved, ...(approved && { effect }) }],
      }),
    onSettled: changed,
  });
  return (
    <FoldRow
      title={
        <>
          {tool.title ?? tool.name}
          <span className={tool.status === 'changed' ? styles.problem : styles.quiet}>
            {STATUS[tool.status]}
          </span>
          {tool.effect !== undefined && <EffectTag effect={tool.effect} />}
        </>
      }
      about={tool.description}
    >
      <p className={styles.quiet}>
        Agents call it <code>{tool.toolName}</code>. The server itself says that it{' '}
        {EFFECTS[tool.suggestedEffect].label}; nobody has checked that.
      </p>
      <ToolInputs schema={tool.parameters} />
      {decide.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(decide.error)}
        </p>
      )}
      {tool.status !== 'gone' && (
        <Group gap="sm" align="flex-end">
          {tool.status !== 'approved' && (
            <Select
              label="What calling it does"
              data={(['read', 'write_external', 'irreversible'] as const).map((value) => ({
                value,
                label: EFFECTS[value].about,
              }))}
              value={effect}
              allowDeselect={false}
              className={styles.grow ?? ''}
              onChange={(value) => setEffect((value ?? hinted) as Effect)}
            />
          )}
          {tool.status === 'approved' ? (
            <Button
              size="compact-sm"
              variant="outline"
              color="clay"
              loading={decide.isPending}
              onClick={() => decide.mutate(false)}
            >
              Take it back
            </Button>
          ) : (
            <Button size="md" loading={decide.isPending} onClick={() => decide.mutate(true)}>
              {tool.status === 'changed' ? 'Agree to it as it is now' : 'Agree to it'}
            </Button>
          )}
        </Group>
      )}
    </FoldRow>
  );
}
