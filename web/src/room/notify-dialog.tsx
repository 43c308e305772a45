// How much of a room comes into my inbox, and quiet for a while.
import { Button, Group, Modal, Radio, Stack } from '@mantine/core';
import type { InputOf } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTell } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatWhen } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import type { RoomDialogProps } from './room-menu.tsx';

export function NotifyDialog(props: RoomDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={`Notifications of ${props.roomName}`}>
      {props.opened && <Form {...props} />}
    </Modal>
  );
}

const HOURS = [1, 8, 24];
const HOUR_MS = 3_600_000;

function Form({ room, onClose }: RoomDialogProps) {
  const client = useClient();
  const queries = useQueryClient();
  const tell = useTell();
  const roomId = room.key;
  const queryKey = ['room-notify', roomId];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => client.call('get_room_notifications', { roomId }, { signal }),
  });
  const change = useMutation({
    mutationFn: (what: Omit<InputOf<'set_room_notifications'>, 'roomId'>) =>
      client.call('set_room_notifications', { roomId, ...what }),
    onSuccess: (answer) => queries.setQueryData(queryKey, answer),
    onError: (error) => tell('Nothing was changed', error),
  });
  const state = stateOf({ query, what: 'notifications' });
  if (state !== undefined || query.data === undefined) return state;
  const { mutedUntil } = query.data;
  // What was chosen is shown at once, and taken back where the server refuses it.
  const level = (change.isPending ? change.variables.level : undefined) ?? query.data.level;
  const muted = mutedUntil !== undefined && Date.parse(mutedUntil) > Date.now();
  return (
    <Stack gap="md">
      <Radio.Group
        label="What comes into your inbox"
        value={level}
        onChange={(value) => change.mutate({ level: value as typeof level })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="all" label="Every message" />
          <Radio value="mentions" label="What mentions you, and threads you follow" />
          <Radio value="none" label="Nothing" />
        </Stack>
      </Radio.Group>
      <div>
        <p>{muted ? `Quiet until ${formatWhen(mutedUntil)}.` : 'Quiet for a while:'}</p>
        <Group gap="xs" mt="xs">
          {HOURS.map((hours) => (
            <Button
              key={hours}
              size="xs"
              variant="default"
              onClick={() =>
                change.mutate({ mutedUntil: new Date(Date.now() + hours * HOUR_MS).toISOString() })
              }
            >
              {hours === 1 ? '1 hour' : `${hours} hours`}
            </Button>
          ))}
          {muted && (
            <Button size="xs" onClick={() => change.mutate({ mutedUntil: null })}>
              End it now
            </Button>
          )}
        </Group>
      </div>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
