// A message in a list beside the room: who, when, its first words; leads to its place.
import type { Highlight, Message, RoomHandle } from '@parley/client';
import { IconPaperclip } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { messageHref, type RoomSide, sideHref } from '../parts/route.ts';
import { formatFull, formatWhen } from '../parts/times.ts';
import styles from './message-card.module.css';
import { useBeside } from './side-panel.tsx';

interface MessageCardProps {
  room: RoomHandle;
  message: Message;
  /** Where it leads; its place in the room, with this list beside it, unless told. */
  href?: string;
  side?: RoomSide;
  highlights?: readonly Highlight[];
  /** Small print and buttons under the words. */
  children?: ReactNode;
}

const MOST = 320;

export function MessageCard({ room, message, href, side, highlights = [], children }: MessageCardProps) {
  const info = room.getSnapshot().room ?? { id: message.roomId };
  const beside = useBeside();
  const place =
    side !== undefined && beside ? sideHref(info, side, message.id) : messageHref(info, message.id);
  return (
    <div className={styles.card}>
      <a className={styles.link} href={href ?? place}>
        <span className={styles.head}>
          <Avatar user={message.author} size="sm" />
          <span className={styles.author}>{message.author.name}</span>
          <time className={styles.time} dateTime={message.createdAt} title={formatFull(message.createdAt)}>
            {formatWhen(message.createdAt)}
          </time>
        </span>
        <span className={styles.body} dir="auto">
          {message.deletedAt !== undefined ? (
            <em>This message was deleted</em>
          ) : (
            marked(message.body, highlights)
          )}
        </span>
        {message.attachments.length > 0 && (
          <span className={styles.files}>
            <IconPaperclip size={14} aria-hidden="true" />
            {message.attachments.map(({ name }) => name).join(', ')}
          </span>
        )}
      </a>
      {children !== undefined && children !== false && <div className={styles.foot}>{children}</div>}
    </div>
  );
}

/** The first words, or those around the first that was found. */
function marked(body: string, highlights: readonly Highlight[]): ReactNode[] {
  const first = highlights[0]?.offset ?? 0;
  const from = first > MOST / 2 ? first - 60 : 0;
  const to = Math.min(body.length, from + MOST);
  const out: ReactNode[] = from > 0 ? ['…'] : [];
  let at = from;
  for (const { offset, length } of highlights) {
    if (offset < at || offset + length > to) continue;
    out.push(body.slice(at, offset), <mark key={offset}>{body.slice(offset, offset + length)}</mark>);
    at = offset + length;
  }
  out.push(body.slice(at, to), to < body.length ? '…' : '');
  return out;
}
