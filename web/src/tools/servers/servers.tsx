// Outside servers of tools (MCP): connected by whoever answers for agents, of use once each tool is agreed to.
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { EmptyState } from '../../parts/empty-state.tsx';
import { stateOf } from '../../parts/query-state.tsx';
import styles from '../tools.module.css';
import { AddServerDialog } from './add-server-dialog.tsx';
import { ServerRow } from './server-row.tsx';
import { useServers } from './use-servers.ts';

export function Servers() {
  const query = useServers();
  const [adding, setAdding] = useState(false);
  const servers = query.data?.data ?? [];
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => setAdding(true)}>
      Connect a server
    </Button>
  );
  return (
    <>
      {stateOf({ query, what: 'servers' }) ??
        (servers.length === 0 ? (
          <EmptyState title="No server is connected" actions={add}>
            Connect one that speaks the Model Context Protocol, and agree to the tools it offers.
          </EmptyState>
        ) : (
          <>
            <div className={styles.head}>
              <p className={styles.quiet}>
                Its tools are of use once you agreed to them and gave them to an agent.
              </p>
              {add}
            </div>
            <ul className={styles.rows}>
              {servers.map((server) => (
                <ServerRow key={server.id} server={server} />
              ))}
            </ul>
          </>
        ))}
      <AddServerDialog
        programs={query.data?.programs ?? []}
        opened={adding}
        onClose={() => setAdding(false)}
      />
    </>
  );
}
