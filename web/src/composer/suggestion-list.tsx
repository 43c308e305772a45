// What the word being typed may mean, above the composer: people and agents, commands, values of an option. Focus stays in the
// text field.
import { IconSpeakerphone } from '@tabler/icons-react';
import { Avatar } from '../parts/avatar.tsx';
import type { Mentionable } from './mentions.ts';
import styles from './suggestion-list.module.css';
import type { Suggestion } from './suggestions.ts';

interface SuggestionListboxProps {
  id: string;
  label: string;
  options: readonly Suggestion[];
  active: number;
  onPoint(index: number): void;
  onPick(option: Suggestion): void;
}

export const optionId = (listId: string, index: number): string => `${listId}-${index}`;

export function SuggestionListbox({ id, label, options, active, onPoint, onPick }: SuggestionListboxProps) {
  return (
    <div id={id} role="listbox" aria-label={label} className={styles.list} tabIndex={0}>
      {options.map((option, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the composer, which owns the focus
        // biome-ignore lint/a11y/useFocusableInteractive: an option of an aria-activedescendant list is never focused
        <div
          key={option.id}
          id={optionId(id, index)}
          role="option"
          aria-selected={index === active}
          ref={(element) => {
            if (index === active) element?.scrollIntoView({ block: 'nearest' });
          }}
          className={styles.option}
          onPointerMove={() => onPoint(index)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(option)}
        >
          <Shown option={option} />
        </div>
      ))}
    </div>
  );
}

function Shown({ option }: { option: Suggestion }) {
  switch (option.kind) {
    case 'mention':
      return <Person user={option.user} />;
    case 'command': {
      const { name, description, options, handler } = option.command;
      return (
        <span className={styles.command}>
          <span className={styles.call}>
            <code>/{name}</code>
            {options.map((one) => (
              <span key={one.name} className={styles.handle}>
                {one.required ? one.name : `${one.name}?`}
              </span>
            ))}
            {handler !== 'builtin' && (
              <span className={styles.kind}>{handler === 'agent' ? 'Agent' : 'Service'}</span>
            )}
          </span>
          <span className={styles.about}>{description}</span>
        </span>
      );
    }
    case 'value':
      return (
        <>
          <span className={styles.name}>{option.label}</span>
          {option.label !== option.word && <span className={styles.handle}>{option.word}</span>}
        </>
      );
  }
}

function Person({ user }: { user: Mentionable }) {
  return (
    <>
      {user.kind === 'everyone' ? (
        <IconSpeakerphone size={20} stroke={1.6} aria-hidden="true" />
      ) : (
        <Avatar user={user} size="sm" />
      )}
      <span className={styles.name}>{user.name}</span>
      <span className={styles.handle}>@{user.handle}</span>
      {user.kind === 'agent' && <span className={styles.kind}>Agent</span>}
      {user.kind === 'everyone' && <span className={styles.reach}>{reachOf(user.reach)}</span>}
    </>
  );
}

/** Of larger rooms only the first members are known here. */
const MOST_KNOWN = 199;

const reachOf = (people: number): string =>
  people === 0
    ? 'nobody now'
    : `${people.toLocaleString()}${people < MOST_KNOWN ? '' : ' or more'} ${people === 1 ? 'person' : 'people'}`;
