// The tools of an agent: what each does, within which limits it may be used, a way to try it, and what was done with them.
import { Button } from '@mantine/core';
import type { Agent } from '@parley/client';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { toolsHref } from '../parts/route.ts';
import { AddToolsDialog } from './add-tools-dialog.tsx';
import { AgentToolRow } from './agent-tool-row.tsx';
import { ToolCalls } from './tool-calls.tsx';
import styles from './tools.module.css';
import { useAgentTools } from './use-agent-tools.ts';

export function ToolsTab({ agent }: { agent: Agent }) {
  const query = useAgentTools(agent);
  const [adding, setAdding] = useState(false);
  const tools = query.data ?? [];
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setAdding(true)}>
      Add tools
    </Button>
  );
  return (
    <>
      <section className={fields.section}>
        <div className={styles.head}>
          <div>
            <h2>What it may use</h2>
            <p className={styles.quiet}>
              It never gets more rights than whoever asks it has. Tools of your own are made under{' '}
              <a href={toolsHref('own')}>Tools</a>.
            </p>
          </div>
          {tools.length > 0 && add}
        </div>
        {stateOf({ query, what: 'its tools' }) ??
          (tools.length === 0 ? (
            <EmptyState title="It has no tools" actions={add}>
              It can talk and remember. Give it tools to look things up, compute or act.
            </EmptyState>
          ) : (
            <ul className={styles.rows}>
              {tools.map((tool) => (
                <AgentToolRow key={tool.info.name} agent={agent} tool={tool} all={tools} />
              ))}
            </ul>
          ))}
      </section>
      <ToolCalls agent={agent} tools={tools.map(({ info }) => info.name)} />
      <AddToolsDialog agent={agent} has={tools} opened={adding} onClose={() => setAdding(false)} />
    </>
  );
}
