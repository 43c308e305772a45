// One tool call that waits: what it would do, for whom, until when; approve it as it is or changed, now or for a while, or refuse it.
import { Button, Checkbox, Group, Textarea, TextInput } from '@mantine/core';
import type { Approval, InputOf } from '@parley/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './approval-card.module.css';
import { useAgentName } from './use-agent-name.ts';
import { settle } from './use-approvals.ts';

const EFFECTS: Partial<Record<Approval['effect'], string>> = {
  write_external: 'acts outside this server',
  irreversible: 'cannot be undone',
};

type Decision = Omit<InputOf<'decide_approval'>, 'approvalId'>;

export function ApprovalCard({ approval }: { approval: Approval }) {
  const client = useClient();
  const queries = useQueryClient();
  const agent = useAgentName(approval.agentId);
  const title = useId();
  const [editing, setEditing] = useState(false);
  const [always, setAlways] = useState(false);
  const [comment, setComment] = useState('');
  const decide = useMutation({
    mutationFn: (decision: Decision) =>
      client.call('decide_approval', { approvalId: approval.id, ...decision }),
    onSuccess: (decided) => settle(queries, decided),
    // Somebody else was first, or it expired: what stands is fetched.
    onError: () => queries.invalidateQueries({ queryKey: ['approvals'] }),
  });
  const words = comment.trim() === '' ? {} : { comment: comment.trim() };
  const standing = always ? { always: {} } : {};

  return (
    <article className={styles.card} aria-labelledby={title} data-effect={approval.effect}>
      <header className={styles.head}>
        <p id={title} className={styles.title}>
          {agent} wants to use {approval.tool.replaceAll('_', ' ')}
        </p>
        <p className={styles.about}>
          For {approval.requester.name}
          {EFFECTS[approval.effect] !== undefined && ` · ${EFFECTS[approval.effect]}`} · until{' '}
          <time dateTime={approval.expiresAt} title={formatFull(approval.expiresAt)}>
            {formatDay(approval.expiresAt)}, {formatTime(approval.expiresAt)}
          </time>
        </p>
      </header>
      <p className={styles.preview}>{approval.preview}</p>
      {editing ? (
        <EditForm
          approval={approval}
          busy={decide.isPending}
          onCancel={() => setEditing(false)}
          onApprove={(changed) => decide.mutate({ decision: 'approve', arguments: changed, ...words })}
        />
      ) : (
        <>
          <details className={styles.details}>
            <summary>With exactly these words</summary>
            <pre>{JSON.stringify(approval.arguments ?? {}, undefined, 2)}</pre>
          </details>
          <TextInput
            size="sm"
            label="A word for the agent"
            description="Optional; it reads this with your decision"
            value={comment}
            maxLength={1000}
            onChange={(event) => setComment(event.currentTarget.value)}
          />
          {approval.mayStand && (
            <Checkbox
              size="sm"
              label="Also allow exactly this for the next day, up to ten times"
              checked={always}
              onChange={(event) => setAlways(event.currentTarget.checked)}
            />
          )}
          <Group gap="xs">
            <Button
              size="xs"
              loading={decide.isPending}
              onClick={() => decide.mutate({ decision: 'approve', ...words, ...standing })}
            >
              Approve
            </Button>
            <Button size="xs" variant="default" disabled={decide.isPending} onClick={() => setEditing(true)}>
              Change it first
            </Button>
            <Button
              size="xs"
              variant="outline"
              color="clay"
              disabled={decide.isPending}
              onClick={() => decide.mutate({ decision: 'reject', ...words })}
            >
              Refuse
            </Button>
          </Group>
        </>
      )}
      {decide.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(decide.error)}
        </p>
      )}
    </article>
  );
}

interface EditFormProps {
  approval: Approval;
  busy: boolean;
  onCancel(): void;
  onApprove(changed: Record<string, unknown>): void;
}

function EditForm({ approval, busy, onCancel, onApprove }: EditFormProps) {
  const [text, setText] = useState(() => JSON.stringify(approval.arguments ?? {}, undefined, 2));
  const [error, setError] = useState<string>();
  function submit(event: FormEvent) {
    event.preventDefault();
    const changed = parse(text);
    if (changed === undefined)
      return setError('This is not a JSON object: check its quotes, commas and braces.');
    onApprove(changed);
  }
  return (
    <form onSubmit={submit}>
      <Textarea
        label="What it is to use instead"
        description="JSON; the agent is told that you changed it"
        value={text}
        error={error}
        errorProps={{ role: 'alert' }}
        autosize
        minRows={3}
        maxRows={16}
        spellCheck={false}
        classNames={{ input: styles.code ?? '' }}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setError(undefined);
        }}
        data-autofocus
      />
      <Group gap="xs" mt="sm">
        <Button size="xs" type="submit" loading={busy}>
          Approve the changed call
        </Button>
        <Button size="xs" variant="default" disabled={busy} onClick={onCancel}>
          Back
        </Button>
      </Group>
    </form>
  );
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
