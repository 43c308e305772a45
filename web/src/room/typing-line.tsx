// Who is typing now, in words, on a line that is always there so that nothing jumps.
import type { RoomHandle } from '@parley/client';
import { useMembers } from '../rooms/room-name.ts';
import { sameList, usePart } from '../session/use-client.ts';
import styles from './typing-line.module.css';

export function TypingLine({ room }: { room: RoomHandle }) {
  const typing = usePart(room, (snapshot) => snapshot.typing, sameList);
  const members = useMembers(room);
  const names = typing
    .map((id) => members.find(({ user }) => user.id === id)?.user.name)
    .filter((name) => name !== undefined);
  return (
    <p className={styles.line} data-testid="typing">
      {names.length > 0 && (
        <>
          <span className={styles.dots} aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {typingWords(names)}
        </>
      )}
    </p>
  );
}

export function typingWords(names: readonly string[]): string {
  const [first, second] = names;
  if (names.length === 1) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return `${first} and ${names.length - 1} others are typing…`;
}
