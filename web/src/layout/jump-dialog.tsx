// Type a few letters and go: rooms, people, agents, pages, or a search for the words.
import { Modal } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { User } from '@parley/client';
import { IconHash, IconLock, IconSearch, IconUsersGroup } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { useTell } from '../parts/notices.tsx';
import { goTo, goToHref, hrefOf, searchHref } from '../parts/route.ts';
import { partner, roomName } from '../rooms/room-name.ts';
import { useClient, useMe, useStore } from '../session/use-client.ts';
import { useIsAdmin } from '../session/use-is-admin.ts';
import styles from './jump-dialog.module.css';
import { AGENTS, ELSEWHERE, MINE, SERVER } from './places.ts';

interface Choice {
  id: string;
  sign: ReactNode;
  name: string;
  about: string;
  /** What the words are looked for in. */
  text: string;
  go(): void;
}

const MOST = 12;

export function JumpDialog({ opened, onClose }: { opened: boolean; onClose(): void }) {
  return (
    <Modal.Root opened={opened} onClose={onClose} centered={false} yOffset="12dvh" padding={0} size="lg">
      <Modal.Overlay />
      <Modal.Content aria-label="Search or jump">
        <Modal.Body>
          <Jump onClose={onClose} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Jump({ onClose }: { onClose(): void }) {
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const listId = useId();
  const choices = useChoices(words.trim());
  const current = choices[Math.min(at, choices.length - 1)];

  function choose(choice: Choice | undefined) {
    if (choice === undefined) return;
    onClose();
    choice.go();
  }
  function move(to: number) {
    const next = (to + choices.length) % choices.length;
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || choices.length === 0) return;
    if (event.key === 'ArrowDown') move(at + 1);
    else if (event.key === 'ArrowUp') move(at - 1);
    else if (event.key === 'Enter') choose(current);
    else return;
    event.preventDefault();
  }

  return (
    <div className={styles.jump}>
      <div className={styles.field}>
        <IconSearch size={18} stroke={1.8} aria-hidden="true" />
        <input
          type="text"
          role="combobox"
          aria-label="Search or jump to a room, a person or a page"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={current === undefined ? undefined : `${listId}-${current.id}`}
          autoComplete="off"
          placeholder="A room, a person, a page, or words to search for"
          value={words}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
          data-autofocus
        />
        <kbd>Esc</kbd>
      </div>
      <div
        ref={list}
        id={listId}
        role="listbox"
        tabIndex={-1}
        aria-label="Where to go"
        className={styles.list}
      >
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys, as a combobox does
          <div
            key={choice.id}
            id={`${listId}-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={choice === current}
            className={styles.choice}
            onMouseMove={() => setAt(index)}
            onClick={() => choose(choice)}
          >
            <span className={styles.sign}>{choice.sign}</span>
            <span className={styles.name}>{choice.name}</span>
            <span className={styles.about}>{choice.about}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function useChoices(words: string): Choice[] {
  const client = useClient();
  const me = useMe();
  const isAdmin = useIsAdmin();
  const { list } = useStore(client.rooms);
  const users = useFound(words);
  const tell = useTell();

  const rooms = list.map((room): Choice => {
    const { members } = client.room(room.id).getSnapshot();
    const name = roomName(room, members, me.id);
    const other = partner(room, members, me.id);
    const Sign =
      room.kind === 'direct' ? IconUsersGroup : room.visibility === 'private' ? IconLock : IconHash;
    return {
      id: room.id,
      sign:
        other === undefined ? (
          <Sign size={18} stroke={1.8} aria-hidden="true" />
        ) : (
          <Avatar user={other} size="sm" />
        ),
      name,
      about: room.unread > 0 ? `${room.unread} unread` : room.kind === 'direct' ? 'Direct' : 'Room',
      text: `${name} ${room.slug ?? ''}`,
      go: () => goToHref(hrefOf(room)),
    };
  });
  const places = [
    ...MINE,
    ...AGENTS,
    ...SERVER.filter(({ admin }) => isAdmin || admin !== true),
    ...ELSEWHERE,
  ].map(
    ({ page, name, href, icon: Sign, also }): Choice => ({
      id: `page-${page}`,
      sign: <Sign size={18} stroke={1.8} aria-hidden="true" />,
      name,
      about: 'Page',
      text: `${name} ${also}`,
      go: () => goToHref(href),
    }),
  );
  const direct = new Set(
    list.flatMap((room) => partner(room, client.room(room.id).getSnapshot().members, me.id)?.id ?? []),
  );
  const people = users
    .filter(({ id }) => id !== me.id && !direct.has(id))
    .map(
      (user): Choice => ({
        id: user.id,
        sign: <Avatar user={user} size="sm" />,
        name: user.name,
        about: user.kind === 'agent' ? 'Agent' : `@${user.handle}`,
        text: `${user.name} ${user.handle}`,
        go: () =>
          void client.rooms
            .openDirect([user.id])
            .then(goTo)
            .catch((error: unknown) => tell(`Could not open a direct room with ${user.name}`, error)),
      }),
    );
  if (words === '') return [...rooms.sort(byUnread(list)), ...places].slice(0, MOST);
  const found = [...rooms, ...places, ...people]
    .map((choice) => ({ choice, score: fit(choice.text, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ choice }) => choice);
  return [...found.slice(0, MOST), searchFor(words)];
}

const searchFor = (words: string): Choice => ({
  id: 'search',
  sign: <IconSearch size={18} stroke={1.8} aria-hidden="true" />,
  name: `Search messages for “${words}”`,
  about: '',
  text: words,
  go: () => goToHref(searchHref(words)),
});

const byUnread = (list: readonly { id: string; unread: number; mentions: number }[]) => {
  const weight = new Map(list.map(({ id, unread, mentions }) => [id, mentions * 1000 + unread]));
  return (a: Choice, b: Choice) => (weight.get(b.id) ?? 0) - (weight.get(a.id) ?? 0);
};

/** 3: begins so; 2: a word of it does; 1: has it somewhere; 0: not at all. */
function fit(text: string, words: string): number {
  const [near, wanted] = [text.toLocaleLowerCase(), words.toLocaleLowerCase().replace(/^[@#]/, '')];
  if (near.startsWith(wanted)) return 3;
  if (near.split(/[\s-]+/).some((word) => word.startsWith(wanted))) return 2;
  return near.includes(wanted) ? 1 : 0;
}

function useFound(words: string): User[] {
  const client = useClient();
  const [wanted] = useDebouncedValue(words.replace(/^@/, ''), 150);
  const query = useQuery({
    queryKey: ['users', wanted, 'any'],
    queryFn: ({ signal }) => client.call('list_users', { limit: 20, query: wanted }, { signal }),
    placeholderData: keepPreviousData,
    enabled: wanted !== '',
  });
  return query.data?.data ?? [];
}
