// Creating a room: name, what it is about, who may find it, whether agents may come.
import { Button, Group, Modal, Radio, Stack, Switch, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { goTo } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';

export function CreateRoomDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create a room">
      <Form onClose={onClose} />
    </Modal>
  );
}

function Form({ onClose }: { onClose(): void }) {
  const client = useClient();
  const [name, setName] = useState('');
  const [topic, setTopic] = useState('');
  const [visibility, setVisibility] = useState<'public' | 'private'>('public');
  const [agentsAllowed, setAgentsAllowed] = useState(true);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() === '') return setError('Give the room a name.');
    setBusy(true);
    setError(undefined);
    try {
      const room = await client.rooms.create({
        name: name.trim(),
        kind: 'channel',
        visibility,
        agentsAllowed,
        ...(topic.trim() === '' ? {} : { topic: topic.trim() }),
      });
      goTo(room);
      onClose();
    } catch (cause) {
      setError(messageOf(cause));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setError(undefined);
          }}
          error={error}
          errorProps={{ role: 'alert' }}
          maxLength={80}
          required
          withAsterisk={false}
          data-autofocus
        />
        <TextInput
          label="Topic"
          description="Optional; shown under the name"
          value={topic}
          onChange={(event) => setTopic(event.currentTarget.value)}
          maxLength={500}
        />
        <Radio.Group
          label="Who can find it"
          value={visibility}
          onChange={(value) => setVisibility(value === 'private' ? 'private' : 'public')}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="public" label="Everyone on this server" />
            <Radio value="private" label="Only people who are added" />
          </Stack>
        </Radio.Group>
        <Switch
          label="Agents may join"
          checked={agentsAllowed}
          onChange={(event) => setAgentsAllowed(event.currentTarget.checked)}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Create room
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
