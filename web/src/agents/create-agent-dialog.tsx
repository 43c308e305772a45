// Making an agent: a name, what it is for, what it is told to be. The rest has good defaults and can be changed on its page.
import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { agentHref, goToHref } from '../parts/route.ts';
import { useClient } from '../session/use-client.ts';

export function CreateAgentDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="New agent">
      <Form onClose={onClose} />
    </Modal>
  );
}

function Form({ onClose }: { onClose(): void }) {
  const client = useClient();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [systemPrompt, setSystemPrompt] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (name.trim() === '') return setError('Give the agent a name.');
    setBusy(true);
    setError(undefined);
    try {
      const agent = await client.call('create_agent', {
        name: name.trim(),
        ...(description.trim() && { description: description.trim() }),
        ...(systemPrompt.trim() && { systemPrompt: systemPrompt.trim() }),
      });
      await queries.invalidateQueries({ queryKey: ['agents'] });
      goToHref(agentHref(agent.id));
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
          maxLength={64}
          required
          withAsterisk={false}
          data-autofocus
        />
        <TextInput
          label="What it is for"
          description="Optional; people see it"
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          maxLength={1000}
        />
        <Textarea
          label="Instructions"
          description="Optional; how it should think and write. Only you and administrators see them"
          value={systemPrompt}
          onChange={(event) => setSystemPrompt(event.currentTarget.value)}
          maxLength={16_000}
          rows={4}
        />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Create agent
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
