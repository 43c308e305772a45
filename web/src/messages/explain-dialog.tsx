// Why agents answered a message or kept silent, and how an answer came about: one click from the message.
import { Button, Loader, Modal } from '@mantine/core';
import type { ChatMessage, RoomHandle } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { messageOf } from '../parts/errors.ts';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './explain-dialog.module.css';
import { STATUS, scoreWords, whyOf } from './reasons.ts';
import { RunTrace } from './run-trace.tsx';

interface ExplainDialogProps {
  room: RoomHandle;
  message: ChatMessage | undefined;
  onClose(): void;
}

export function ExplainDialog({ room, message, onClose }: ExplainDialogProps) {
  return (
    <Modal
      opened={message !== undefined}
      onClose={onClose}
      size="lg"
      title={message?.run === undefined ? 'What agents made of this' : 'How this answer came about'}
    >
      {message !== undefined && (
        <>
          <blockquote className={styles.quote}>{message.body.slice(0, 300)}</blockquote>
          {message.run === undefined ? (
            <Turns room={room} messageId={message.id} />
          ) : (
            <RunTrace runId={message.run.id} />
          )}
        </>
      )}
    </Modal>
  );
}

function Turns({ room, messageId }: { room: RoomHandle; messageId: string }) {
  const client = useClient();
  const { members } = useStore(room);
  const roomId = room.key;
  const query = useQuery({
    queryKey: ['turns', roomId, messageId],
    queryFn: ({ signal }) => client.call('list_turns', { roomId, messageId }, { signal }),
  });
  if (query.isPending)
    return (
      <p className={styles.quiet}>
        <Loader size="xs" aria-hidden="true" /> Asking…
      </p>
    );
  if (query.isError)
    return (
      <p className={styles.quiet} role="alert">
        {messageOf(query.error)}{' '}
        <Button size="compact-sm" variant="default" onClick={() => query.refetch()}>
          Try again
        </Button>
      </p>
    );
  if (query.data.data.length === 0)
    return <p className={styles.quiet}>No agent was in the room when this was written.</p>;
  return (
    <ul className={styles.turns}>
      {query.data.data.map((turn) => (
        <TurnRow
          key={turn.agentId}
          turn={turn}
          agent={members.find(({ user }) => user.id === turn.agentId)?.user}
        />
      ))}
    </ul>
  );
}

interface TurnRowProps {
  turn: {
    agentId: string;
    decision: 'speak' | 'silent';
    reason: string;
    score?: number | undefined;
    parts?: { name: string; by: number }[] | undefined;
    run?: { id: string; status: string } | undefined;
  };
  agent: Parameters<typeof Avatar>[0]['user'] | undefined;
}

function TurnRow({ turn, agent }: TurnRowProps) {
  const [open, setOpen] = useState(false);
  const name = agent?.name ?? 'An agent that has left';
  return (
    <li className={styles.turn}>
      {agent !== undefined && <Avatar user={agent} />}
      <div className={styles.words}>
        <p>
          <strong>{name}</strong> {turn.decision === 'speak' ? 'took it up' : 'kept silent'}
          {turn.run === undefined ? '' : ` · ${STATUS[turn.run.status] ?? turn.run.status}`}
        </p>
        <p className={styles.why}>{whyOf(turn.decision, turn.reason)}</p>
        {turn.score !== undefined && <p className={styles.why}>{scoreWords(turn.score, turn.parts ?? [])}</p>}
        {turn.run !== undefined && (
          <>
            <Button size="compact-sm" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Hide the steps' : 'Show the steps'}
            </Button>
            {open && <RunTrace runId={turn.run.id} />}
          </>
        )}
      </div>
    </li>
  );
}
