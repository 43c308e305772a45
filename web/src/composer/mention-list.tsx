// The people and agents that the @word may mean, above the composer. Focus stays in the text field.

import { IconSpeakerphone } from '@tabler/icons-react';
import { Avatar } from '../parts/avatar.tsx';
import styles from './mention-list.module.css';
import type { Mentionable } from './mentions.ts';

interface MentionListProps {
  id: string;
  options: Mentionable[];
  active: number;
  onPoint(index: number): void;
  onPick(user: Mentionable): void;
}

export const optionId = (listId: string, index: number): string => `${listId}-${index}`;

export function MentionListbox({ id, options, active, onPoint, onPick }: MentionListProps) {
  return (
    <div id={id} role="listbox" aria-label="People and agents to mention" className={styles.list}>
      {options.map((user, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the composer, which owns the focus
        // biome-ignore lint/a11y/useFocusableInteractive: an option of an aria-activedescendant list is never focused
        <div
          key={user.id}
          id={optionId(id, index)}
          role="option"
          aria-selected={index === active}
          className={styles.option}
          onPointerMove={() => onPoint(index)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(user)}
        >
          {user.kind === 'everyone' ? (
            <IconSpeakerphone size={20} stroke={1.6} aria-hidden="true" />
          ) : (
            <Avatar user={user} size="sm" />
          )}
          <span className={styles.name}>{user.name}</span>
          <span className={styles.handle}>@{user.handle}</span>
          {user.kind === 'agent' && <span className={styles.kind}>Agent</span>}
        </div>
      ))}
    </div>
  );
}
