// The tools of one agent with the limits on them, and changing them: always all at once, as the server keeps them.
import type { Agent, ToolGrant, ToolInfo } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import type { Limits, Names } from './words.ts';

export interface AgentTool {
  info: ToolInfo;
  /** Every one is a case in which a call is allowed; with none, there is no limit. */
  grants: ToolGrant[];
}

const keyOf = (agentId: string) => ['agent-tools', agentId];

export function useAgentTools(agent: Agent) {
  const client = useClient();
  return useQuery({
    queryKey: keyOf(agent.id),
    queryFn: async ({ signal }) => {
      const { data, grants = [] } = await client.call('list_agent_tools', { agentId: agent.id }, { signal });
      return data.map(
        (info): AgentTool => ({ info, grants: grants.filter(({ tool }) => tool === info.name) }),
      );
    },
  });
}

/** Takes a whole new list: a tool without limits is named alone. */
export function usePutTools(agent: Agent) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (tools: { name: string; limits: Limits[] }[]) =>
      client.call('put_agent_tools', {
        agentId: agent.id,
        tools: tools.flatMap(({ name, limits }) => (limits.length === 0 ? [{ tool: name }] : limits)),
      }),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keyOf(agent.id) }),
        queries.invalidateQueries({ queryKey: ['agent', agent.id] }),
        queries.invalidateQueries({ queryKey: ['revisions', agent.id] }),
      ]),
  });
}

export const asLimits = ({ id: _id, grantedBy: _by, createdAt: _at, ...limits }: ToolGrant): Limits => limits;

/** All tools as they are, to change one of them. */
export const asTold = (tools: readonly AgentTool[]) =>
  tools.map(({ info, grants }) => ({ name: info.name, limits: grants.map(asLimits) }));

/** Names of rooms that I am in, and of people, as far as they are known here. */
export function useNames(userIds: readonly string[]): Names {
  const client = useClient();
  const me = useMe();
  const { list } = useStore(client.rooms);
  const wanted = [...new Set(userIds)].sort();
  const query = useQuery({
    queryKey: ['names', wanted],
    queryFn: async ({ signal }) => {
      const users = await Promise.all(
        wanted.map((userId) => client.call('get_user', { userId }, { signal }).catch(() => undefined)),
      );
      return new Map(users.flatMap((user) => (user === undefined ? [] : [[user.id, user.name] as const])));
    },
    enabled: wanted.length > 0,
    staleTime: 60_000,
  });
  return {
    room: (id) => {
      const room = list.find((one) => one.id === id);
      return room === undefined ? 'a room you are not in' : roomName(room, [], me.id);
    },
    person: (id) => (id === me.id ? 'you' : (query.data?.get(id) ?? 'someone')),
  };
}
