// Signing in at a server of tools that asks for it. The consent is given on the server's own page, in this browser.
import { Button, Group } from '@mantine/core';
import type { McpServer } from '@parley/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { messageOf } from '../../parts/errors.ts';
import { formatDay, formatTime } from '../../parts/times.ts';
import { useClient } from '../../session/use-client.ts';
import styles from '../tools.module.css';
import { SERVER_LIMIT_MS, signInKey, useServersChanged } from './use-servers.ts';

export function SignIn({ server }: { server: McpServer }) {
  const client = useClient();
  const changed = useServersChanged();
  const path = { serverId: server.id };
  // Coming back from the server's page brings the focus here, and so a fresh answer.
  const query = useQuery({
    queryKey: signInKey(server.id),
    queryFn: ({ signal }) => client.request('GET /api/mcp/servers/:serverId/oauth', path, { signal }),
    refetchOnWindowFocus: 'always',
  });
  const begin = useMutation({
    mutationFn: () =>
      client.request('POST /api/mcp/servers/:serverId/oauth', path, { timeoutMs: SERVER_LIMIT_MS }),
  });
  const signOut = useMutation({
    mutationFn: () =>
      client.request('DELETE /api/mcp/servers/:serverId/oauth', path, { timeoutMs: SERVER_LIMIT_MS }),
    onSettled: changed,
  });
  const now = query.data;
  if (now === undefined) return null;
  const failed = begin.error ?? signOut.error;
  return (
    <div className={styles.part}>
      <h3>Sign-in</h3>
      <p className={now.status === 'needs_authorization' ? styles.problem : styles.quiet}>
        {now.status === 'connected'
          ? `Signed in${now.issuer === undefined ? '' : ` with ${now.issuer}`}${now.connectedAt === undefined ? '' : `, ${formatDay(now.connectedAt)} ${formatTime(now.connectedAt)}`}.`
          : now.status === 'needs_authorization'
            ? 'The server asks you to sign in before its tools can be used.'
            : 'Not signed in. Most servers need it only when they ask for it.'}
      </p>
      {failed !== null && failed !== undefined && (
        <p className={styles.problem} role="alert">
          {messageOf(failed)}
        </p>
      )}
      <Group gap="sm">
        {begin.data === undefined || now.status === 'connected' ? (
          <Button
            size="compact-sm"
            variant="default"
            loading={begin.isPending}
            onClick={() => begin.mutate()}
          >
            {now.status === 'connected' ? 'Sign in anew' : 'Sign in'}
          </Button>
        ) : (
          <Button
            size="compact-sm"
            component="a"
            href={begin.data.authorizationUrl}
            target="_blank"
            rel="noreferrer"
          >
            Go on at the server’s page (new tab)
          </Button>
        )}
        {now.status === 'connected' && (
          <Button
            size="compact-sm"
            variant="default"
            loading={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            Sign out
          </Button>
        )}
      </Group>
    </div>
  );
}
