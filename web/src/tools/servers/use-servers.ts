// Connected servers and what they offer, and what to fetch anew when one changes.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useClient } from '../../session/use-client.ts';

const SERVERS = ['mcp-servers'];
export const toolsOfKey = (serverId: string) => [...SERVERS, serverId, 'tools'];
export const signInKey = (serverId: string) => [...SERVERS, serverId, 'sign-in'];

/** A server may take long to answer. */
export const SERVER_LIMIT_MS = 65_000;

export function useServers() {
  const client = useClient();
  return useQuery({
    queryKey: SERVERS,
    queryFn: ({ signal }) => client.request('GET /api/mcp/servers', {}, { signal }),
  });
}

export function useServersChanged(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: SERVERS }),
      queries.invalidateQueries({ queryKey: ['tool-choices'] }),
      queries.invalidateQueries({ queryKey: ['agent-tools'] }),
    ]);
}
