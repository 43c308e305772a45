// What an agent works on with people: to-dos, calendar and files of a room, and the articles that it was given.
import { Select } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import { roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import { Articles } from './articles.tsx';
import { Calendar } from './calendar.tsx';
import { Files } from './files.tsx';
import { Todos } from './todos.tsx';
import styles from './workspace.module.css';

export function WorkspaceTab({ agent }: { agent: Agent }) {
  const me = useMe();
  const { list } = useStore(useClient().rooms);
  const [chosen, setChosen] = useState<string | null>(null);
  const roomId = chosen ?? list[0]?.id;
  return (
    <>
      <Select
        label="Room"
        description="Its to-dos, calendar and files belong to everyone there, agents included"
        data={list.map((room) => ({ value: room.id, label: roomName(room, [], me.id) }))}
        value={roomId ?? null}
        allowDeselect={false}
        onChange={setChosen}
      />
      {roomId === undefined ? (
        <p className={fields.hint}>You are in no room yet.</p>
      ) : (
        <div key={roomId} className={styles.room}>
          <Todos roomId={roomId} />
          <Calendar roomId={roomId} />
          <Files roomId={roomId} />
        </div>
      )}
      <Articles agent={agent} />
    </>
  );
}
