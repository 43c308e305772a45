// Connecting a server of tools: by its address, or as a program that the administrator configured.
import { Button, Group, Modal, Radio, Select, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../../parts/errors.ts';
import { useClient } from '../../session/use-client.ts';
import { type Header, HeaderFields, headersOf } from '../header-fields.tsx';
import styles from '../tools.module.css';
import { SERVER_LIMIT_MS, useServersChanged } from './use-servers.ts';

interface AddServerDialogProps {
  /** Names of programs that may be connected. */
  programs: string[];
  opened: boolean;
  onClose(): void;
}

export function AddServerDialog(props: AddServerDialogProps) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} size="lg" title="Connect a server">
      <ServerForm {...props} />
    </Modal>
  );
}

function ServerForm({ programs, onClose }: AddServerDialogProps) {
  const client = useClient();
  const changed = useServersChanged();
  const [kind, setKind] = useState<'url' | 'program'>('url');
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [program, setProgram] = useState<string | null>(programs[0] ?? null);
  const [headers, setHeaders] = useState<Header[]>([]);
  const connect = useMutation({
    async mutationFn() {
      const where =
        kind === 'program' && program !== null
          ? { program }
          : { url: url.trim(), headers: headersOf(headers) };
      const server = await client.request('POST /api/mcp/servers', { name: name.trim(), ...where });
      // It is connected also when it does not answer yet; its row says why, and how to go on.
      await client
        .request(
          'POST /api/mcp/servers/:serverId/refresh',
          { serverId: server.id },
          { timeoutMs: SERVER_LIMIT_MS },
        )
        .catch(() => undefined);
    },
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    connect.mutate();
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="Small letters, digits and hyphens; its tools are called name__tool"
          value={name}
          maxLength={20}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        {programs.length > 0 && (
          <Radio.Group label="Where it is" value={kind} onChange={(value) => setKind(value as typeof kind)}>
            <Group gap="lg" mt="xs">
              <Radio value="url" label="At an address" />
              <Radio value="program" label="A program on this server" />
            </Group>
          </Radio.Group>
        )}
        {kind === 'url' ? (
          <>
            <TextInput
              label="Address"
              placeholder="https://tools.example.org/mcp"
              value={url}
              maxLength={2000}
              onChange={(event) => setUrl(event.currentTarget.value)}
            />
            <HeaderFields kept={[]} value={headers} onChange={setHeaders} />
          </>
        ) : (
          <Select
            label="Program"
            data={programs}
            value={program}
            allowDeselect={false}
            onChange={setProgram}
          />
        )}
        {connect.isError && (
          <p className={styles.problem} role="alert">
            {messageOf(connect.error)}
          </p>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={connect.isPending}>
            Connect
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
