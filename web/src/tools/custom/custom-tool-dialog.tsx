// Making a tool, or changing one: what it is called, what it takes, and what happens when it is called.
import {
  Button,
  Group,
  Modal,
  NumberInput,
  Radio,
  Select,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from '@mantine/core';
import type { CustomTool, RestInputOf } from '@parley/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { toolWords } from '../../agents/words.ts';
import { messageOf } from '../../parts/errors.ts';
import { useClient, useStore } from '../../session/use-client.ts';
import { type Header, HeaderFields, headersOf } from '../header-fields.tsx';
import styles from '../tools.module.css';
import { EFFECTS } from '../words.ts';
import { CUSTOM_TOOLS } from './custom-tools.tsx';
import { ParameterFields } from './parameter-fields.tsx';

interface CustomToolDialogProps {
  /** Absent for a new one. */
  tool: CustomTool | undefined;
  opened: boolean;
  onClose(): void;
}

export function CustomToolDialog(props: CustomToolDialogProps) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      size="xl"
      title={props.tool === undefined ? 'New tool' : `Change ${toolWords(props.tool.name)}`}
    >
      <ToolForm {...props} />
    </Modal>
  );
}

type Draft = Pick<
  CustomTool,
  'name' | 'description' | 'parameters' | 'effect' | 'audience' | 'timeoutMs' | 'shared'
> & {
  kind: 'http' | 'code';
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  code: string;
  headers: Header[];
};
type Settings = Omit<RestInputOf<'POST /api/tools/custom'>, 'name'>;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function draftOf(tool: CustomTool | undefined): Draft {
  const how = tool?.implementation;
  return {
    name: tool?.name ?? '',
    description: tool?.description ?? '',
    parameters: tool?.parameters ?? [],
    effect: tool?.effect ?? 'read',
    audience: tool?.audience ?? 'room',
    timeoutMs: tool?.timeoutMs ?? 15_000,
    shared: tool?.shared ?? false,
    kind: how?.kind ?? 'http',
    method: how?.kind === 'http' ? how.method : 'GET',
    url: how?.kind === 'http' ? how.url : '',
    code: how?.kind === 'code' ? how.code : '',
    headers: [],
  };
}

const settingsOf = (draft: Draft, isAdmin: boolean): Settings => ({
  description: draft.description,
  parameters: draft.parameters,
  audience: draft.audience,
  timeoutMs: draft.timeoutMs,
  ...(draft.kind === 'http'
    ? { implementation: { kind: 'http', method: draft.method, url: draft.url.trim() }, effect: draft.effect }
    : { implementation: { kind: 'code', language: 'typescript', code: draft.code }, effect: 'pure' }),
  ...(draft.kind === 'http' && draft.headers.length > 0 && { headers: headersOf(draft.headers) }),
  ...(isAdmin && { shared: draft.shared }),
});

function ToolForm({ tool, onClose }: CustomToolDialogProps) {
  const client = useClient();
  const queries = useQueryClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  const [draft, setDraft] = useState(() => draftOf(tool));
  const set = (changes: Partial<Draft>) => setDraft((was) => ({ ...was, ...changes }));
  const save = useMutation({
    mutationFn: () => {
      const settings = settingsOf(draft, isAdmin);
      return tool === undefined
        ? client.request('POST /api/tools/custom', { name: draft.name.trim(), ...settings })
        : client.request('PUT /api/tools/custom/:toolId', { toolId: tool.id, ...settings });
    },
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: CUSTOM_TOOLS }),
        queries.invalidateQueries({ queryKey: ['tool-choices'] }),
        queries.invalidateQueries({ queryKey: ['agent-tools'] }),
      ]);
      onClose();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {tool === undefined && (
          <TextInput
            label="Name"
            description="Small letters and underscores, like order_status; it stays"
            value={draft.name}
            maxLength={40}
            onChange={(event) => set({ name: event.currentTarget.value })}
            data-autofocus
          />
        )}
        <Textarea
          label="What it does and when to use it"
          description="The agent reads this to decide"
          value={draft.description}
          maxLength={1000}
          autosize
          minRows={2}
          maxRows={6}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <section className={styles.part}>
          <h3>What it takes</h3>
          <ParameterFields value={draft.parameters} onChange={(parameters) => set({ parameters })} />
        </section>
        <Radio.Group
          label="What happens when it is called"
          value={draft.kind}
          onChange={(kind) => set({ kind: kind as Draft['kind'] })}
        >
          <Group gap="lg" mt="xs">
            <Radio value="http" label="A request to a service" />
            <Radio value="code" label="A program in the sandbox" />
          </Group>
        </Radio.Group>
        {draft.kind === 'http' ? (
          <HttpFields draft={draft} headerNames={tool?.headerNames ?? []} onChange={set} />
        ) : (
          <Textarea
            label="Program"
            description="The body of an async function of “input”, in JavaScript or TypeScript; what it returns is the result"
            value={draft.code}
            autosize
            minRows={5}
            maxRows={20}
            maxLength={50_000}
            spellCheck={false}
            classNames={{ input: styles.code ?? '' }}
            onChange={(event) => set({ code: event.currentTarget.value })}
          />
        )}
        <div className={styles.pair}>
          <Select
            label="Who may read what it finds"
            data={[
              { value: 'room', label: 'Everyone in the room' },
              { value: 'asker', label: 'Only who asked' },
            ]}
            value={draft.audience}
            allowDeselect={false}
            onChange={(audience) => set({ audience: (audience ?? 'room') as Draft['audience'] })}
          />
          <NumberInput
            label="Seconds it may take"
            min={1}
            max={30}
            hideControls
            value={draft.timeoutMs / 1000}
            onChange={(value) => typeof value === 'number' && set({ timeoutMs: Math.round(value * 1000) })}
          />
        </div>
        {isAdmin && (
          <Switch
            label="Every agent of this server may be given it"
            checked={draft.shared}
            onChange={(event) => set({ shared: event.currentTarget.checked })}
          />
        )}
        {save.isError && (
          <p className={styles.problem} role="alert">
            {messageOf(save.error)}
          </p>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            {tool === undefined ? 'Make tool' : 'Save'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface HttpFieldsProps {
  draft: Draft;
  headerNames: string[];
  onChange(changes: Partial<Draft>): void;
}

function HttpFields({ draft, headerNames, onChange }: HttpFieldsProps) {
  return (
    <>
      <div className={styles.request}>
        <Select
          label="Method"
          data={METHODS}
          value={draft.method}
          allowDeselect={false}
          onChange={(method) => onChange({ method: (method ?? 'GET') as Draft['method'] })}
        />
        <TextInput
          label="Address"
          description="{name} is filled with an input; the others go into the query or the body"
          placeholder="https://orders.example.org/orders/{orderId}"
          value={draft.url}
          maxLength={1000}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          onChange={(event) => onChange({ url: event.currentTarget.value })}
        />
      </div>
      <HeaderFields kept={headerNames} value={draft.headers} onChange={(headers) => onChange({ headers })} />
      <Select
        label="What calling it does"
        data={(['read', 'pure', 'write_external', 'irreversible'] as const).map((effect) => ({
          value: effect,
          label: EFFECTS[effect].about,
        }))}
        value={draft.effect}
        allowDeselect={false}
        onChange={(effect) => onChange({ effect: (effect ?? 'write_external') as Draft['effect'] })}
      />
    </>
  );
}
