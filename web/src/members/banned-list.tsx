// Who is banned from the room, for its moderators, and letting them in again.
import type { RoomHandle } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Avatar } from '../parts/avatar.tsx';
import { useTell } from '../parts/notices.tsx';
import { SureButton } from '../parts/sure-button.tsx';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import { useLive } from '../session/use-live.ts';
import styles from './members-panel.module.css';

export function BannedList({ room }: { room: RoomHandle }) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const queryKey = ['moderation', 'bans', room.key];
  useLive(queryKey, ['member_left', 'member_joined']);
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      client.call('list_moderation', { roomId: room.key, standing: true, limit: 100 }, { signal }),
  });
  const unban = useMutation({
    mutationFn: (userId: string) => client.call('unban_member', { roomId: room.key, userId }),
    onError: (error) => tell('They are still banned', error),
    onSettled: () => queries.invalidateQueries({ queryKey: ['moderation'] }),
  });
  const bans = (query.data?.data ?? []).filter(({ kind, standing }) => kind === 'ban' && standing);
  if (bans.length === 0) return null;
  return (
    <section className={styles.group}>
      <h3 className={styles.title}>Banned ({bans.length})</h3>
      <ul>
        {bans.map(
          ({ id, user, until, reason }) =>
            user !== undefined && (
              <li key={id} className={styles.banned}>
                <Avatar user={user} size="md" />
                <div className={styles.about}>
                  <p className={styles.who}>{user.name}</p>
                  <p className={styles.why}>
                    {until === undefined ? 'For good' : `Until ${formatWhen(until)}`}
                    {reason !== '' && ` · ${reason}`}
                  </p>
                  <p className={styles.actions}>
                    <SureButton
                      sure="They may come back"
                      isBusy={unban.isPending}
                      onSure={() => unban.mutate(user.id)}
                    >
                      End the ban
                    </SureButton>
                  </p>
                </div>
              </li>
            ),
        )}
      </ul>
    </section>
  );
}
