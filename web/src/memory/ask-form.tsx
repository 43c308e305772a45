// The words that an agent might be asked with, where, and by whom.
import { Button, Group, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import rows from '../agents/rows.module.css';
import { PersonField } from '../parts/people-field.tsx';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';

export interface Asked {
  query: string;
  roomId?: string;
  askerId?: string;
}

interface AskFormProps {
  isAsking: boolean;
  onAsk(asked: Asked | undefined): void;
}

export function AskForm({ onAsk, isAsking }: AskFormProps) {
  const [words, setWords] = useState('');
  const [roomId, setRoomId] = useState<string | null>(null);
  const [askerId, setAskerId] = useState<string | null>(null);
  const { list } = useStore(useClient().rooms);
  const me = useMe();
  function submit(event: FormEvent) {
    event.preventDefault();
    const query = words.trim();
    const place = { ...(roomId !== null && { roomId }), ...(askerId !== null && { askerId }) };
    onAsk(query === '' ? undefined : { query, ...place });
  }
  return (
    <form onSubmit={submit} className={fields.section}>
      <h2>What would it recall?</h2>
      <p className={fields.hint}>
        As it would for a message with these words: in a room, only what all who read there may know; without
        one, out of everything it keeps.
      </p>
      <TextInput
        mb="sm"
        label="Words"
        value={words}
        maxLength={1000}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      <Group align="flex-end" gap="sm">
        <Select
          className={rows.grow ?? ''}
          label="Answering in"
          placeholder="anywhere"
          clearable
          data={list.map((room) => ({ value: room.id, label: roomName(room, [], me.id) }))}
          value={roomId}
          onChange={setRoomId}
        />
        <PersonField
          className={rows.grow}
          label="Asked by"
          placeholder="anyone"
          value={askerId}
          onChange={setAskerId}
        />
        <Button type="submit" size="md" leftSection={<IconSearch size={16} aria-hidden="true" />}>
          Ask
        </Button>
        {isAsking && (
          <Button
            size="md"
            variant="default"
            onClick={() => {
              setWords('');
              onAsk(undefined);
            }}
          >
            Show all
          </Button>
        )}
      </Group>
    </form>
  );
}
