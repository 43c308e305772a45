// Calling a tool by hand, as the agent would at my word. What changes something is shown first and only done on a second word.
import { Button, Group, Modal, Select } from '@mantine/core';
import type { Agent, ReplyOf, ToolInfo } from '@parley/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useMemo, useState } from 'react';
import { toolWords } from '../agents/words.ts';
import { messageOf } from '../parts/errors.ts';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import { type FieldValue, fieldsOf, inputOf, valuesOf } from './json-schema.ts';
import { SchemaFields } from './schema-form.tsx';
import { toolCallsKey } from './tool-calls.tsx';
import styles from './tools.module.css';
import { TryResult } from './try-result.tsx';
import { writes } from './words.ts';

interface TryDialogProps {
  agent: Agent;
  tool: ToolInfo;
  opened: boolean;
  onClose(): void;
}

/** The server ends a call by hand after a minute. */
const LIMIT_MS = 65_000;

export function TryDialog(props: TryDialogProps) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      size="lg"
      title={`Try ${toolWords(props.tool.name)}`}
    >
      <TryForm {...props} />
    </Modal>
  );
}

type Answer = ReplyOf<'invoke_tool'>;

function TryForm({ agent, tool, onClose }: TryDialogProps) {
  const client = useClient();
  const queries = useQueryClient();
  const me = useMe();
  const { list } = useStore(client.rooms);
  const fields = useMemo(() => fieldsOf(tool.parameters), [tool.parameters]);
  const [values, setValues] = useState(() => valuesOf(fields));
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [roomId, setRoomId] = useState<string | null>(null);
  /** What was asked about, so that exactly this is done. */
  const [asked, setAsked] = useState<Record<string, unknown>>();
  const call = useMutation({
    mutationFn: ({
      input,
      ...how
    }: {
      input: Record<string, unknown>;
      confirm?: boolean;
      dryRun?: boolean;
    }) =>
      client.call(
        'invoke_tool',
        { agentId: agent.id, tool: tool.name, input, ...how, ...(roomId !== null && { roomId }) },
        { timeoutMs: LIMIT_MS },
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: toolCallsKey(agent.id) }),
  });
  const answer: Answer | undefined = call.data;
  const waits =
    asked !== undefined &&
    (answer?.status === 'needs_approval' ||
      (answer?.status === 'decided' && answer.decision?.ruling !== 'refuse'));

  function change(name: string, value: FieldValue) {
    setValues((was) => ({ ...was, [name]: value }));
    setProblems({});
    setAsked(undefined);
    call.reset();
  }
  function submit(event: FormEvent) {
    event.preventDefault();
    const found = inputOf(fields, values);
    if ('problems' in found) return setProblems(found.problems);
    setProblems({});
    setAsked(found.input);
    call.mutate({ input: found.input, dryRun: writes(tool.effect) });
  }

  return (
    <form onSubmit={submit} noValidate>
      <p className={styles.quiet}>{tool.description}</p>
      <div className={styles.rules} style={{ marginBlockStart: '1rem' }}>
        <SchemaFields fields={fields} values={values} problems={problems} onChange={change} />
        <Select
          label="As if asked in"
          description="Decides who may use it and who would read the answer"
          placeholder={`your direct room with ${agent.name}`}
          clearable
          data={list.map((room) => ({ value: room.id, label: roomName(room, [], me.id) }))}
          value={roomId}
          onChange={(value) => {
            setRoomId(value);
            setAsked(undefined);
            call.reset();
          }}
        />
        <div aria-live="polite">
          {call.isError && (
            <p className={styles.problem} role="alert">
              {messageOf(call.error)}
            </p>
          )}
          {answer !== undefined && <TryResult answer={answer} />}
        </div>
      </div>
      <Group justify="flex-end" gap="sm" mt="lg">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        {waits ? (
          <Button
            color="clay"
            loading={call.isPending}
            onClick={() => call.mutate({ input: asked, confirm: true })}
          >
            Do it
          </Button>
        ) : (
          <Button type="submit" loading={call.isPending}>
            {writes(tool.effect) ? 'See what it would do' : 'Run'}
          </Button>
        )}
      </Group>
    </form>
  );
}
