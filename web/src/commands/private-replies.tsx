// Answers to commands that nobody else sees: between the messages, until they are put away.
import { CloseButton } from '@mantine/core';
import type { PrivateReply, RoomHandle } from '@parley/client';
import { IconEyeOff } from '@tabler/icons-react';
import { formatFull, formatTime } from '../parts/times.ts';
import styles from './private-replies.module.css';

export function PrivateReplies({ room, replies }: { room: RoomHandle; replies: readonly PrivateReply[] }) {
  return replies.map(({ id, name, body, card, at }) => (
    <section key={id} className={styles.reply} aria-label={`Reply to /${name}, only you can see this`}>
      <p className={styles.head}>
        <IconEyeOff size={15} stroke={1.7} aria-hidden="true" />
        Only you can see this · /{name} ·{' '}
        <time dateTime={at} title={formatFull(at)}>
          {formatTime(at)}
        </time>
      </p>
      <CloseButton
        className={styles.close ?? ''}
        size="sm"
        aria-label={`Put the reply to /${name} away`}
        onClick={() => room.commands.dismiss(id)}
      />
      <p className={styles.body} dir="auto">
        {body}
      </p>
      {card !== undefined && card.fallback !== undefined && card.fallback !== body && (
        <p className={styles.body}>{card.fallback}</p>
      )}
    </section>
  ));
}
