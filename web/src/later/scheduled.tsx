// Messages that go out at a time, or reminders: what is to come, changed or cancelled, and what did not work.
import { ActionIcon, Button, Group, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconPencil, IconSend, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { hrefOf, messageHref } from '../parts/route.ts';
import { formatFull, formatMoment, toLocalField } from '../parts/times.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import styles from './later.module.css';
import { ReminderForm } from './reminder-form.tsx';
import { type Item, useChange, useScheduled } from './use-scheduled.ts';

export function Scheduled({ kind }: { kind: Item['kind'] }) {
  const query = useScheduled(true);
  const before = useScheduled(false);
  const waiting = (query.data ?? [])
    .filter((item) => item.kind === kind)
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt));
  const failed = (before.data ?? []).filter((item) => item.kind === kind && item.status === 'failed');
  return (
    <>
      {kind === 'reminder' && <ReminderForm />}
      {stateOf({ query, what: kind === 'message' ? 'what is scheduled' : 'your reminders' }) ??
        (waiting.length === 0 ? (
          <EmptyState title={kind === 'message' ? 'Nothing is scheduled' : 'Nothing to be reminded of'}>
            {kind === 'message'
              ? 'Write a message and choose when it is sent, beside the button that sends it.'
              : 'Leave yourself a note above, or choose “Remind me” in the menu of a message.'}
          </EmptyState>
        ) : (
          <>
            <h2 className="reader-only">{kind === 'message' ? 'Scheduled messages' : 'Reminders'}</h2>
            <ul className={styles.list}>
              {waiting.map((item) => (
                <ItemRow key={item.id} item={item} />
              ))}
            </ul>
          </>
        ))}
      {failed.length > 0 && (
        <section className={styles.failed} aria-labelledby="failed">
          <h2 id="failed">Did not go out</h2>
          <ul className={styles.list}>
            {failed.map((item) => (
              <FailedRow key={item.id} item={item} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function ItemRow({ item }: { item: Item }) {
  const [isEditing, setEditing] = useState(false);
  const change = useChange(() => setEditing(false));
  const rooms = useRoomNames();
  const room = item.roomId === undefined ? undefined : rooms.of(item.roomId);
  const about = useQuoted(item.messageId);
  const words = item.body === '' ? (about ?? 'A message you wanted to come back to') : item.body;
  return (
    <li className={styles.item}>
      <div className={styles.words}>
        <p className={styles.about}>
          <time className={styles.due} dateTime={item.dueAt} title={formatFull(item.dueAt)}>
            {formatMoment(item.dueAt)}
          </time>
          {room !== undefined && (
            <>
              {' '}
              · {item.kind === 'message' ? 'to' : 'of a message in'}{' '}
              <a href={item.messageId === undefined ? hrefOf(room) : messageHref(room, item.messageId)}>
                {room.name}
              </a>
            </>
          )}
        </p>
        {isEditing ? (
          <EditForm
            item={item}
            isBusy={change.isPending}
            onKeep={(body, dueAt) =>
              change.mutate({ scheduledId: item.id, dueAt, ...(body !== item.body && { body }) })
            }
            onCancel={() => setEditing(false)}
          />
        ) : (
          <>
            <p className={styles.body}>{words}</p>
            {item.body !== '' && about !== undefined && <p className={styles.about}>{about}</p>}
          </>
        )}
      </div>
      {!isEditing && (
        <div className={styles.actions}>
          {item.kind === 'message' && (
            <Tooltip label="Send now">
              <ActionIcon
                aria-label={`Send now: ${words}`}
                disabled={change.isPending}
                onClick={() => change.mutate({ cancel: item, send: true })}
              >
                <IconSend size={18} stroke={1.7} aria-hidden="true" />
              </ActionIcon>
            </Tooltip>
          )}
          <Tooltip label="Change">
            <ActionIcon aria-label={`Change: ${words}`} onClick={() => setEditing(true)}>
              <IconPencil size={18} stroke={1.7} aria-hidden="true" />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Cancel">
            <ActionIcon
              aria-label={`Cancel: ${words}`}
              loading={change.isPending}
              onClick={() => change.mutate({ cancel: item })}
            >
              <IconX size={18} stroke={1.7} aria-hidden="true" />
            </ActionIcon>
          </Tooltip>
        </div>
      )}
    </li>
  );
}

const QUOTED_CHARS = 140;

/** The words of the message that one is to be reminded of, with who said them. */
function useQuoted(messageId: string | undefined): string | undefined {
  const client = useClient();
  const { data } = useQuery({
    queryKey: ['message', messageId],
    queryFn: ({ signal }) => client.call('get_message', { messageId: messageId ?? '' }, { signal }),
    enabled: messageId !== undefined,
    retry: false,
  });
  if (data === undefined || data.deletedAt !== undefined) return undefined;
  const { body, author } = data;
  return `${author.name}: ${body.length > QUOTED_CHARS ? `${body.slice(0, QUOTED_CHARS)}…` : body}`;
}

const REASONS: Record<string, string> = {
  not_a_member: 'You were no longer in the room.',
  room_deleted: 'The room was deleted.',
  banned: 'You were banned from the room.',
  muted: 'You were muted in the room.',
  not_allowed: 'Your role in the room does not write.',
  room_rule: 'In this room only those who look after it write.',
  held_for_review: 'A rule of the room holds it: it waits for a moderator.',
  rejected_by_moderator: 'A moderator did not let it through.',
  blocked_by_rule: 'A rule of the room refused it.',
  confirm_mention: 'It mentions very many, and nobody was there to say yes.',
};

function FailedRow({ item }: { item: Item }) {
  const rooms = useRoomNames();
  return (
    <li className={styles.item} data-tone="problem">
      <div className={styles.words}>
        <p className={styles.about}>
          {formatMoment(item.dueAt)}
          {item.roomId !== undefined && ` · to ${rooms.of(item.roomId).name}`}
        </p>
        <p className={styles.body}>{item.body}</p>
        <p className={styles.problem}>
          {REASONS[item.reason ?? ''] ??
            `It was refused: ${(item.reason ?? 'no reason').replaceAll('_', ' ')}.`}
        </p>
      </div>
    </li>
  );
}

interface EditFormProps {
  item: Item;
  isBusy: boolean;
  onKeep(body: string, dueAt: string): void;
  onCancel(): void;
}

function EditForm({ item, isBusy, onKeep, onCancel }: EditFormProps) {
  const [body, setBody] = useState(item.body);
  const [due, setDue] = useState(() => toLocalField(new Date(item.dueAt)));
  const isReady = due !== '' && (item.messageId !== undefined || body.trim() !== '');
  function submit(event: FormEvent) {
    event.preventDefault();
    if (isReady) onKeep(body, new Date(due).toISOString());
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <Textarea
        label={item.kind === 'message' ? 'Message' : 'Note'}
        value={body}
        autosize
        minRows={1}
        maxRows={8}
        onChange={(event) => setBody(event.currentTarget.value)}
      />
      <TextInput
        type="datetime-local"
        label="When"
        value={due}
        onChange={(event) => setDue(event.currentTarget.value)}
      />
      <Group gap="xs">
        <Button size="compact-sm" type="submit" loading={isBusy} disabled={!isReady}>
          Keep
        </Button>
        <Button size="compact-sm" variant="default" onClick={onCancel}>
          Back
        </Button>
      </Group>
    </form>
  );
}
