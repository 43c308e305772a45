// Did a message reach somebody, and by what way? Or which rule kept it back. Every step says how sure it is.
import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import cards from '../parts/message-card.module.css';
import { MessageCard } from '../parts/message-card.tsx';
import { PersonField } from '../parts/people-field.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { explainHref, goToHref } from '../parts/route.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import { Chain } from './chain.tsx';
import styles from './explain.module.css';

interface MessageWayProps {
  messageId: string | undefined;
  userId: string | undefined;
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

export function MessageWay({ messageId, userId }: MessageWayProps) {
  const [text, setText] = useState(messageId ?? '');
  const [whom, setWhom] = useState<string | null>(userId ?? null);
  const [error, setError] = useState<string>();
  function submit(event: FormEvent) {
    event.preventDefault();
    // The last id of a link is the message's.
    const id = text.match(ID)?.at(-1)?.toLowerCase();
    if (id === undefined) return setError('Paste the link of a message, or its id.');
    goToHref(explainHref(id, whom ?? undefined));
  }
  return (
    <>
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          className={styles.grow ?? ''}
          label="Message"
          placeholder="Its link, or its id"
          value={text}
          error={error}
          errorProps={{ role: 'alert' }}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setError(undefined);
          }}
        />
        <PersonField
          className={styles.grow}
          label="For whom"
          placeholder="you"
          value={whom}
          onChange={setWhom}
        />
        <Button type="submit" size="md">
          Explain
        </Button>
      </form>
      {messageId === undefined ? (
        <EmptyState title="Did it arrive?">
          Copy the link of a message from its menu and paste it above. You learn how it came to you; those who
          moderate the room can ask for others.
        </EmptyState>
      ) : (
        <Answer messageId={messageId} userId={userId} />
      )}
    </>
  );
}

function Answer({ messageId, userId }: { messageId: string; userId: string | undefined }) {
  const client = useClient();
  const rooms = useRoomNames();
  const input = { messageId, ...(userId !== undefined && { userId }) };
  const message = useQuery({
    queryKey: ['message', messageId],
    queryFn: ({ signal }) => client.call('get_message', { messageId }, { signal }),
    retry: false,
  });
  const query = useQuery({
    queryKey: ['delivery', input],
    queryFn: ({ signal }) => client.call('explain_delivery', input, { signal }),
    retry: false,
  });
  return (
    stateOf({
      query,
      what: 'the explanation',
      missing: 'There is no such message, or you may not ask about it. Of others, ask in rooms you moderate.',
    }) ??
    (query.data !== undefined && (
      <>
        {message.data !== undefined && (
          <ul className={cards.list}>
            <MessageCard message={message.data} room={rooms.of(message.data.roomId)} />
          </ul>
        )}
        <Chain answer={query.data} />
      </>
    ))
  );
}
