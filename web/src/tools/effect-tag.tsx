// What a tool does to the world, in two words beside its name.

import styles from './tools.module.css';
import { EFFECTS, type Effect } from './words.ts';

export function EffectTag({ effect }: { effect: Effect }) {
  return (
    <span className={styles.effect} data-effect={effect}>
      {EFFECTS[effect].label}
    </span>
  );
}
