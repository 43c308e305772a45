// What a moderator does about somebody: says what will happen before it does.
import { Modal, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import type { RoomHandle, User } from '@parley/client';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { LASTS, untilOf } from '../moderation/words.ts';
import { useAnnounce } from '../parts/announcer.tsx';
import { DialogForm } from '../parts/dialog-form.tsx';
import { useClient } from '../session/use-client.ts';

export type Measure = 'mute' | 'kick' | 'ban';

export interface Measured {
  user: User;
  /** What is chosen at first. */
  measure: Measure;
}

interface MeasureDialogProps {
  opened: boolean;
  room: RoomHandle;
  about: Measured | undefined;
  onClose(): void;
}

export function MeasureDialog({ opened, room, about, onClose }: MeasureDialogProps) {
  // While it closes it still says about whom it was.
  const last = useRef(about);
  if (about !== undefined) last.current = about;
  const shown = last.current;
  return (
    <Modal opened={opened} onClose={onClose} title={`About ${shown?.user.name ?? 'somebody'}`}>
      {shown !== undefined && <Form room={room} about={shown} onClose={onClose} />}
    </Modal>
  );
}

const MEASURES: { value: Measure; label: string; what: string }[] = [
  { value: 'mute', label: 'Mute', what: 'Reads on, but cannot write, edit, react or ask agents here.' },
  { value: 'kick', label: 'Take out', what: 'Is out of the room at once, and may come back.' },
  {
    value: 'ban',
    label: 'Ban',
    what: 'Is out at once, and can neither come back, be added, nor read the room.',
  },
];

interface FormProps {
  room: RoomHandle;
  about: Measured;
  onClose(): void;
}

function Form({ room, about: { user, measure: first }, onClose }: FormProps) {
  const client = useClient();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [measure, setMeasure] = useState(first);
  const [hours, setHours] = useState('24');
  const [reason, setReason] = useState('');
  const lasts = measure !== 'kick';
  const span = LASTS.find(({ value }) => value === hours)?.label ?? '';
  const forHowLong = hours === '' ? span : `for ${span}`;
  const { label } = MEASURES.find(({ value }) => value === measure) ?? { label: '' };

  async function submit() {
    const input = { roomId: room.key, userId: user.id, reason: reason.trim() };
    if (measure === 'kick') await client.call('kick_member', input);
    else if (measure === 'mute') await client.call('mute_member', { ...input, ...untilOf(hours) });
    else await client.call('ban_member', { ...input, ...untilOf(hours) });
    void queries.invalidateQueries({ queryKey: ['moderation'] });
    announce(`${user.name}: ${measure === 'mute' ? 'muted' : measure === 'kick' ? 'taken out' : 'banned'}`);
  }

  return (
    <DialogForm
      label={measure === 'kick' ? `Take ${user.name} out` : `${label} ${user.name} ${forHowLong}`}
      color="clay"
      onSubmit={submit}
      onClose={onClose}
    >
      <Radio.Group label="What to do" value={measure} onChange={(value) => setMeasure(value as Measure)}>
        <Stack gap="sm" mt="xs">
          {MEASURES.map(({ value, label: name, what }) => (
            <Radio key={value} value={value} label={name} description={what} />
          ))}
        </Stack>
      </Radio.Group>
      {lasts && (
        <NativeSelect
          label="For how long"
          data={LASTS}
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value)}
        />
      )}
      <TextInput
        label="Reason"
        description={`${user.kind === 'agent' ? 'Its owner reads' : 'They read'} this, and it stays in the record`}
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
