// Where an invite link leads, before one goes there: the room, who invites, and coming in.
import { Button } from '@mantine/core';
import { ParleyError } from '@parley/client';
import { IconHash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { PageFrame } from '../layout/page-frame.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { stateOf } from '../parts/query-state.tsx';
import { goTo, goToHref } from '../parts/route.ts';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './invite-page.module.css';

export function InvitePage({ token, onRooms }: { token: string; onRooms(): void }) {
  return (
    <PageFrame title="Invitation" onRooms={onRooms}>
      <Preview token={token} />
    </PageFrame>
  );
}

function Preview({ token }: { token: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['invite', token],
    staleTime: 0,
    retry: false,
    queryFn: ({ signal }) => client.call('preview_invite', { token }, { signal }),
  });
  const join = useMutation({
    mutationFn: () => client.call('accept_invite', { token }),
    async onSuccess({ room }) {
      await client.rooms.refresh().catch(() => {});
      goTo(room);
    },
  });
  if (query.error instanceof ParleyError && query.error.code === 'not_found')
    return (
      <EmptyState
        tone="problem"
        title="Nobody comes in here"
        actions={
          <Button variant="default" onClick={() => goToHref('#/')}>
            To my rooms
          </Button>
        }
      >
        {messageOf(query.error)}
      </EmptyState>
    );
  if (query.data === undefined) return stateOf({ query, what: 'the invitation' });
  const { room, invitedBy, role, expiresAt, isMember } = query.data;
  return (
    <section className={styles.card} aria-labelledby="invited-into">
      <p className={styles.by}>
        <Avatar user={invitedBy} size="sm" />
        {invitedBy.name} invites you into
      </p>
      <h2 className={styles.name} id="invited-into">
        <IconHash size={24} stroke={2} aria-hidden="true" />
        {room.name}
      </h2>
      {room.topic !== undefined && <p className={styles.topic}>{room.topic}</p>}
      <p className={styles.facts}>
        {room.memberCount.toLocaleString()} {room.memberCount === 1 ? 'member' : 'members'}
        {role === 'admin' && ' · you come in as one who looks after it'}
        {expiresAt !== undefined && ` · the link holds until ${formatWhen(expiresAt)}`}
      </p>
      {join.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(join.error)}
        </p>
      )}
      <div className={styles.actions}>
        {isMember ? (
          <Button onClick={() => goTo(room)}>You are in it: open the room</Button>
        ) : (
          <>
            <Button loading={join.isPending} onClick={() => join.mutate()}>
              Join {room.name}
            </Button>
            <Button variant="default" onClick={() => goToHref('#/')}>
              Not now
            </Button>
          </>
        )}
      </div>
    </section>
  );
}
