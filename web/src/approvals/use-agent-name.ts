// The name of an agent that may be in no room of mine.
import { useQuery } from '@tanstack/react-query';
import { useClient } from '../session/use-client.ts';

export function useAgentName(agentId: string): string {
  const client = useClient();
  const query = useQuery({
    queryKey: ['agent', agentId],
    queryFn: ({ signal }) => client.call('get_agent', { agentId }, { signal }),
    staleTime: 60_000,
  });
  return query.data?.name ?? 'An agent';
}
