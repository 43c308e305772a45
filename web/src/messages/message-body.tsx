// The words of a message: a person's as they typed them, with mentions and links marked; an agent's as markdown.
import type { ChatMessage } from '@parley/client';
import { type ReactNode, useMemo } from 'react';
import { formatFull } from '../parts/times.ts';
import { isAt } from './is-at.ts';
import { LazyMarkdown } from './lazy-markdown.tsx';
import styles from './message-body.module.css';

interface MessageBodyProps {
  message: ChatMessage;
  myId: string;
  /** Shows what it said before; absent where one may not see that. */
  onVersions?: (() => void) | undefined;
  tabIndex?: 0 | -1;
}

export function MessageBody({ message, myId, onVersions, tabIndex }: MessageBodyProps) {
  if (message.deletedAt !== undefined) return <p className={styles.deleted}>This message was deleted</p>;
  const edited = <Edited message={message} onVersions={onVersions} tabIndex={tabIndex} />;
  if (message.kind === 'agent')
    return (
      <>
        <LazyMarkdown text={message.body} />
        {edited}
      </>
    );
  return (
    <PlainText message={message} myId={myId}>
      {edited}
    </PlainText>
  );
}

function PlainText({ message, myId, children }: MessageBodyProps & { children: ReactNode }) {
  const { body, mentions } = message;
  const parts = useMemo(() => {
    const out: ReactNode[] = [];
    let at = 0;
    for (const mention of [...mentions].sort((a, b) => a.offset - b.offset)) {
      if (mention.offset < at) continue;
      out.push(...withLinks(body.slice(at, mention.offset), at));
      at = mention.offset + mention.length;
      out.push(
        <span
          key={`m${mention.offset}`}
          className={styles.mention}
          data-kind={mention.kind}
          data-me={isAt(mention, myId) || undefined}
        >
          {body.slice(mention.offset, at)}
        </span>,
      );
    }
    out.push(...withLinks(body.slice(at), at));
    return out;
  }, [body, mentions, myId]);
  return (
    <p className={styles.text} dir="auto">
      {parts} {children}
    </p>
  );
}

function Edited({ message, onVersions, tabIndex }: Omit<MessageBodyProps, 'myId'>) {
  if (message.editedAt === undefined) return null;
  if (onVersions !== undefined)
    return (
      <button
        type="button"
        className={styles.versions}
        title={`Edited ${formatFull(message.editedAt)}. Show what it said before`}
        tabIndex={tabIndex}
        onClick={onVersions}
      >
        edited
      </button>
    );
  return (
    <span className={styles.edited} title={formatFull(message.editedAt)}>
      edited
    </span>
  );
}

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

function withLinks(text: string, key: number): ReactNode[] {
  const out: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    if (match.index > at) out.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    out.push(
      <a key={`l${key + match.index}`} href={match[0]} target="_blank" rel="noopener noreferrer nofollow">
        {match[0]}
      </a>,
    );
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}
