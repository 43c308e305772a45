// The open room: joins it while it is open, and puts head, transcript, typing line and composer together.
// Give it a key per room: drafts, scrolling and editing belong to one room alone.

import { Button, Loader } from '@mantine/core';
import type { ChatMessage, RoomHandle, User } from '@parley/client';
import { useEffect, useMemo, useState } from 'react';
import { Composer } from '../composer/composer.tsx';
import { type MessageDialog, MessageDialogs } from '../messages/message-dialogs.tsx';
import { MessageList } from '../messages/message-list.tsx';
import { useJump } from '../messages/use-jump.ts';
import { useMessageActions } from '../messages/use-message-actions.ts';
import { useSaved } from '../messages/use-saved.ts';
import { useAnnounce } from '../parts/announcer.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { goToHref, threadHref, useRoute } from '../parts/route.ts';
import { roomName, useMembers } from '../rooms/room-name.ts';
import { useClient, useMe, usePart } from '../session/use-client.ts';
import { ConfirmMention } from './confirm-mention.tsx';
import { RoomHeader } from './room-header.tsx';
import { RoomSides } from './room-sides.tsx';
import styles from './room-view.module.css';
import { TypingLine } from './typing-line.tsx';
import { useRights } from './use-rights.ts';

interface RoomViewProps {
  room: RoomHandle;
  membersOpen: boolean;
  onMembers(): void;
  onRooms(): void;
}

export function RoomView({ room, membersOpen, onMembers, onRooms }: RoomViewProps) {
  const client = useClient();
  const me = useMe();
  const tell = useTell();
  const announce = useAnnounce();
  const status = usePart(room, (snapshot) => snapshot.status);
  const info = usePart(room, (snapshot) => snapshot.room);
  const error = usePart(room, (snapshot) => snapshot.error);
  const deleted = usePart(room, (snapshot) => snapshot.deleted);
  const hasMessages = usePart(room, (snapshot) => snapshot.messages.length > 0);
  const members = useMembers(room);
  const name = roomName(info, members, me.id);
  const [attempt, setAttempt] = useState(0);
  const [editing, setEditing] = useState<string>();
  const route = useRoute();
  const here = route.page === 'room' ? route : undefined;
  const jump = useJump(room, here);
  const [prefill, setPrefill] = useState<{ text: string }>();
  const [dialog, setDialog] = useState<MessageDialog>();
  /** Messages of mine since the room was opened: each leads to the newest. */
  const [sent, setSent] = useState(0);
  const [unreadFrom, setUnreadFrom] = useState<number>();
  const saved = useSaved();
  const rights = useRights(room);
  const people = useMemo(
    () => members.map(({ user }) => user).filter(({ id }) => id !== me.id),
    [members, me.id],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt joins anew
  useEffect(() => room.join(), [room, attempt]);
  useEffect(() => {
    document.title = info === undefined ? 'Parley' : `${name} · Parley`;
  }, [info, name]);

  // A room just joined appears in the list of rooms.
  const id = info?.id;
  useEffect(() => {
    if (status !== 'live' || id === undefined) return;
    const { list, status: listStatus } = client.rooms.getSnapshot();
    if (listStatus !== 'loading' && !list.some((item) => item.id === id))
      void client.rooms.refresh().catch(() => {});
  }, [client, status, id]);

  function editLast() {
    const mine = room
      .getSnapshot()
      .messages.findLast(
        (message) =>
          message.author.id === me.id &&
          message.delivery === undefined &&
          message.deletedAt === undefined &&
          message.kind === 'text',
      );
    if (mine !== undefined) setEditing(mine.id);
  }

  async function remove(message: ChatMessage) {
    setDialog(undefined);
    try {
      await room.messages.delete(message.id);
      announce('Message deleted');
    } catch (cause) {
      tell('The message was not deleted', cause);
    }
  }

  const onMarkedUnread = ({ seq }: ChatMessage) => setUnreadFrom(seq);
  const actions = useMessageActions({
    room,
    saved,
    onEdit: setEditing,
    onDialog: setDialog,
    onMarkedUnread,
    openThread: (rootId) => goToHref(threadHref(room.getSnapshot().room ?? { id: room.key }, rootId)),
  });

  const header = (
    <RoomHeader
      room={room}
      membersOpen={membersOpen}
      side={here?.side}
      jump={jump}
      onMembers={onMembers}
      onRooms={onRooms}
    />
  );

  if (status === 'error' && !hasMessages)
    return (
      <div className={styles.room}>
        {header}
        <EmptyState
          tone="problem"
          title="This room could not be opened"
          actions={
            <Button variant="default" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </Button>
          }
        >
          {messageOf(error)}
        </EmptyState>
      </div>
    );

  const reason = disabledReason(deleted, status);
  return (
    <div className={styles.place}>
      <div className={styles.room}>
        {header}
        <MessageList
          room={room}
          roomName={name}
          myId={me.id}
          rights={rights}
          saved={saved.ids}
          actions={actions}
          editing={editing}
          unreadFrom={unreadFrom}
          jump={jump}
          sent={sent}
          empty={<NothingYet status={status} people={people} onSuggest={setPrefill} />}
        />
        <TypingLine room={room} />
        <Composer
          room={room}
          draft={room.draft}
          label={info === undefined ? 'Write a message' : `Write to ${name}`}
          people={people}
          everyone={rights.everyone}
          {...reason}
          onSend={(text, options) => {
            room.messages.send(text, options);
            room.history.toNewest();
            setSent((count) => count + 1);
          }}
          onTyping={(on) => room.setTyping(on)}
          onRan={() => setSent((count) => count + 1)}
          onEditLast={editLast}
          prefill={prefill}
        />
      </div>
      {here !== undefined && (
        <RoomSides
          route={here}
          room={room}
          roomName={name}
          people={people}
          rights={rights}
          saved={saved}
          marked={here.threadId === undefined ? undefined : here.messageId}
          {...reason}
          onDialog={setDialog}
          onMarkedUnread={onMarkedUnread}
        />
      )}
      <MessageDialogs room={room} dialog={dialog} onClose={() => setDialog(undefined)} onDelete={remove} />
      <ConfirmMention room={room} onChange={(message) => setPrefill({ text: message.body })} />
    </div>
  );
}

function disabledReason(deleted: boolean, status: string): { disabledReason?: string } {
  if (deleted) return { disabledReason: 'This room was deleted.' };
  if (status === 'error') return { disabledReason: 'You cannot write here: the room could not be opened.' };
  return {};
}

interface NothingYetProps {
  status: string;
  people: readonly User[];
  onSuggest(words: { text: string }): void;
}

function NothingYet({ status, people, onSuggest }: NothingYetProps) {
  if (status !== 'live')
    return (
      <div className={styles.waiting}>
        <Loader size="sm" aria-hidden="true" />
        {status === 'catching-up' ? 'Catching up…' : 'Opening the room…'}
      </div>
    );
  const agent = people.find(({ kind }) => kind === 'agent');
  const words = ['Hello everyone', ...(agent === undefined ? [] : [`@${agent.handle} what can you do?`])];
  return (
    <EmptyState
      title="Nothing said yet"
      actions={words.map((text) => (
        <Button key={text} variant="default" radius="xl" onClick={() => onSuggest({ text })}>
          {text}
        </Button>
      ))}
    >
      Say hello{agent !== undefined && <>, or ask @{agent.handle} something</>}.
    </EmptyState>
  );
}
