// A message away from its room: who wrote it where and when, and how it begins; leads to it. What there is to do stands beside it.
import type { Highlight, Message } from '@parley/client';
import { IconPaperclip } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Avatar } from './avatar.tsx';
import { AgentBadge } from './badge.tsx';
import styles from './message-card.module.css';
import { messageHref } from './route.ts';
import { formatFull, formatMoment } from './times.ts';
import type { KnownRoom } from './use-room-names.ts';

interface MessageCardProps {
  message: Message;
  room: KnownRoom;
  /** Places in the text that are shown as found. */
  found?: readonly Highlight[];
  /** Before the name: why this is here. */
  why?: ReactNode;
  isNew?: boolean;
  href?: string;
  actions?: ReactNode;
  children?: ReactNode;
  onOpen?(): void;
}

export function MessageCard(props: MessageCardProps) {
  const { message, room, found = [], why, isNew, actions, children, onOpen } = props;
  return (
    <li className={styles.card} data-new={isNew || undefined}>
      <Avatar user={message.author} />
      <div className={styles.words}>
        <p className={styles.head}>
          {isNew && <span className="reader-only">New: </span>}
          {why !== undefined && <span className={styles.why}>{why}</span>}
          <strong>{message.author.name}</strong>
          {message.author.kind === 'agent' && <AgentBadge />}
          <span className={styles.about}>
            {room.isDirect ? 'in a direct room' : `in ${room.name}`} ·{' '}
            <time dateTime={message.createdAt} title={formatFull(message.createdAt)}>
              {formatMoment(message.createdAt)}
            </time>
          </span>
        </p>
        <a className={styles.body} href={props.href ?? messageHref(room, message.id)} onClick={onOpen}>
          {message.deletedAt !== undefined ? (
            <em>This message was deleted.</em>
          ) : message.body === '' ? (
            <em>No words, only files</em>
          ) : (
            <Marked text={message.body} found={found} />
          )}
        </a>
        {message.attachments.length > 0 && (
          <p className={styles.files}>
            <IconPaperclip size={14} stroke={1.8} aria-hidden="true" />
            {message.attachments.map(({ name }) => name).join(', ')}
          </p>
        )}
        {children}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </li>
  );
}

/** Characters shown before the first place that was found. */
const LEAD = 80;

function Marked({ text, found }: { text: string; found: readonly Highlight[] }) {
  const first = found[0]?.offset ?? 0;
  const from = first > LEAD * 2 ? text.lastIndexOf(' ', first - LEAD) + 1 : 0;
  const parts: ReactNode[] = from > 0 ? ['… '] : [];
  let at = from;
  for (const { offset, length } of found) {
    if (offset < at) continue;
    parts.push(text.slice(at, offset), <mark key={offset}>{text.slice(offset, offset + length)}</mark>);
    at = offset + length;
  }
  parts.push(text.slice(at));
  return parts;
}
