// A face made of initials: people are round, agents are square, so the two differ without colour.
// Never loads a picture from another site.
import styles from './avatar.module.css';

interface AvatarProps {
  user: { id: string; name: string; kind: 'human' | 'agent' };
  size?: 'sm' | 'md';
  /** Shows the dot of presence; undefined hides it. */
  present?: boolean;
}

const HUES = 8;

export function Avatar({ user, size = 'md', present }: AvatarProps) {
  return (
    <span
      className={styles.avatar}
      data-kind={user.kind}
      data-size={size}
      data-hue={hueOf(user.id)}
      aria-hidden="true"
    >
      {user.kind === 'agent' ? <AgentGlyph /> : initials(user.name)}
      {present !== undefined && <span className={styles.dot} data-present={present} />}
    </span>
  );
}

function AgentGlyph() {
  return (
    <svg viewBox="0 0 20 20" width="58%" height="58%" fill="currentColor" aria-hidden="true">
      <path d="M10 1.5c.6 4.6 2.9 7.3 8.5 8.5-5.6 1.2-7.9 3.9-8.5 8.5-.6-4.6-2.9-7.3-8.5-8.5 5.6-1.2 7.9-3.9 8.5-8.5Z" />
    </svg>
  );
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((word) => [...(word ?? '')][0]?.toLocaleUpperCase() ?? '').join('');
}

function hueOf(id: string): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) | 0;
  return Math.abs(sum) % HUES;
}
