// Who may change an agent, and doing so.
import type { Agent, InputOf } from '@parley/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useClient, useStore } from '../session/use-client.ts';

export function useMayChange(agent: Agent): boolean {
  const { me } = useStore(useClient().state);
  return me !== undefined && (me.role === 'admin' || me.id === agent.ownerId);
}

function useKeep() {
  const queries = useQueryClient();
  return (agent: Agent) => {
    queries.setQueryData(['agent', agent.id], agent);
    void queries.invalidateQueries({ queryKey: ['agents'] });
  };
}

export function useUpdateAgent(agent: Agent) {
  const client = useClient();
  const keep = useKeep();
  return useMutation({
    mutationFn: (changes: Omit<InputOf<'update_agent'>, 'agentId'>) =>
      client.call('update_agent', { agentId: agent.id, ...changes }),
    onSuccess: keep,
  });
}

export function useActivateAgent(agent: Agent) {
  const client = useClient();
  const keep = useKeep();
  return useMutation({
    mutationFn: (active: boolean) => client.call('activate_agent', { agentId: agent.id, active }),
    onSuccess: keep,
  });
}
