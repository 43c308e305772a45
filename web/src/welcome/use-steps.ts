// The first minutes of who runs a server, as steps. Whether one is done is seen from what is there, never ticked by hand.
import { useQuery } from '@tanstack/react-query';
import { kept } from '../parts/kept.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import { useIsAdmin } from '../session/use-is-admin.ts';
import { useLive } from '../session/use-live.ts';

export type StepName = 'hello' | 'invite' | 'room' | 'agent' | 'model';

export interface Steps {
  isReady: boolean;
  done: Record<StepName, boolean>;
  left: number;
}

/** Whose first steps were put away on this browser. */
export const putAway = kept<string>('parley.first-steps-done');

const PEOPLE = ['steps', 'people'];

export function useSteps(isWanted: boolean): Steps {
  const client = useClient();
  const me = useMe();
  const isAdmin = useIsAdmin();
  const rooms = useStore(client.rooms);
  const enabled = isWanted && isAdmin;
  useLive(PEOPLE, ['member_joined']);
  const people = useQuery({
    queryKey: PEOPLE,
    queryFn: ({ signal }) => client.call('list_users', { kind: 'human', limit: 2 }, { signal }),
    enabled,
  });
  const agents = useQuery({
    queryKey: ['steps', 'agents'],
    queryFn: ({ signal }) => client.call('list_agents', { limit: 5 }, { signal }),
    enabled,
  });
  const server = useQuery({
    queryKey: ['server'],
    queryFn: ({ signal }) => client.call('get_server', {}, { signal }),
    enabled,
  });
  const withParley = rooms.list.filter(
    ({ kind, lastMessage }) => kind === 'direct' && lastMessage !== undefined,
  );
  const done: Steps['done'] = {
    hello: withParley.some(({ id }) =>
      client
        .room(id)
        .getSnapshot()
        .members.some(({ user }) => user.kind === 'agent'),
    ),
    invite: (people.data?.data.length ?? 0) > 1,
    room: rooms.list.some((room) => room.kind !== 'direct' && room.me?.role === 'owner'),
    agent: (agents.data?.data ?? []).some(({ ownerId }) => ownerId === me.id),
    model: (server.data?.models.length ?? 0) > 0,
  };
  return {
    isReady: rooms.status === 'ready' && people.isSuccess && agents.isSuccess && server.isSuccess,
    done,
    left: Object.values(done).filter((isDone) => !isDone).length,
  };
}
