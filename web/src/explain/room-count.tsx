// Why a room shows so many unread messages: the read mark, what counts after it, and what does not.
import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { EmptyState } from '../parts/empty-state.tsx';
import { PersonField } from '../parts/people-field.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { explainCountHref, goToHref } from '../parts/route.ts';
import { useRoomNames } from '../parts/use-room-names.ts';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import { useNames } from '../tools/use-agent-tools.ts';
import { Counted } from './counted.tsx';
import styles from './explain.module.css';

interface RoomCountProps {
  roomId: string | undefined;
  userId: string | undefined;
}

export function RoomCount({ roomId, userId }: RoomCountProps) {
  const me = useMe();
  const { list } = useStore(useClient().rooms);
  const [chosen, setChosen] = useState<string | null>(roomId ?? null);
  const [whom, setWhom] = useState<string | null>(userId ?? null);
  const [error, setError] = useState<string>();
  function submit(event: FormEvent) {
    event.preventDefault();
    if (chosen === null) return setError('Choose a room.');
    goToHref(explainCountHref('unread', chosen, whom ?? undefined));
  }
  return (
    <>
      <form onSubmit={submit} className={styles.form}>
        <Select
          className={styles.grow ?? ''}
          label="Room"
          placeholder="One of yours"
          searchable
          nothingFoundMessage="No room of yours fits that."
          data={list.map((room) => ({ value: room.id, label: roomName(room, [], me.id) }))}
          value={chosen}
          error={error}
          errorProps={{ role: 'alert' }}
          onChange={(value) => {
            setChosen(value);
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
      {roomId === undefined ? (
        <EmptyState title="Why this number?">
          Choose a room: you learn from which message on it counts, which messages count, and which are left
          out.
        </EmptyState>
      ) : (
        <Answer roomId={roomId} userId={userId} />
      )}
    </>
  );
}

function Answer({ roomId, userId }: { roomId: string; userId: string | undefined }) {
  const client = useClient();
  const room = useRoomNames().of(roomId);
  const input = { roomId, ...(userId !== undefined && { userId }) };
  const query = useQuery({
    queryKey: ['unread', 'explain', input],
    queryFn: ({ signal }) => client.call('explain_unread', input, { signal }),
    retry: false,
  });
  const names = useNames(query.data === undefined ? [] : [query.data.userId]);
  const waits = stateOf({
    query,
    what: 'the explanation',
    missing: 'There is no such room, or you may not ask about it. Of others, ask in rooms you moderate.',
  });
  if (waits !== undefined || query.data === undefined) return waits;
  const { unread, mentions, mark, because, counted, mentioned, excluded, more } = query.data;
  return (
    <section className={styles.answer} aria-labelledby="count">
      <div className={styles.verdict} data-verdict={unread === 0 ? 'read' : 'waiting'}>
        <h2 id="count">
          {unread} unread, {mentions} {mentions === 1 ? 'mention' : 'mentions'}, for{' '}
          {names.person(query.data.userId)}
        </h2>
        <p>{because}</p>
        <p>{mark.because}</p>
      </div>
      <Counted title="Mentions" entries={mentioned} more={more.mentioned} room={room} />
      <Counted title="These count" entries={counted} more={more.counted} room={room} />
      <Counted title="These do not" entries={excluded} more={more.excluded} room={room} />
    </section>
  );
}
