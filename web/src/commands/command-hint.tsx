// Above the field while a command is typed: its options in their order, the one at hand, and what was wrong.
import type { Command } from '@parley/client';
import { useEffect } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import styles from './command-hint.module.css';
import { describe, type OptionAt } from './slash.ts';
import type { CommandProblem } from './use-commands.ts';

interface CommandHintProps {
  id: string;
  command: Command;
  at: OptionAt | undefined;
  problem: CommandProblem | undefined;
}

export function CommandHint({ id, command, at, problem }: CommandHintProps) {
  const announce = useAnnounce();
  const { name, options, description } = command;
  const option = at?.option;
  const words = option === undefined ? description : `${option.name}: ${describe(option)}`;
  const current = option?.name;
  // biome-ignore lint/correctness/useExhaustiveDependencies: said when another option begins
  useEffect(() => {
    if (current !== undefined) announce(words);
  }, [name, current, announce]);
  return (
    <div id={id} className={styles.hint}>
      <p className={styles.line}>
        <code className={styles.name}>/{name}</code>
        {options.map((one) => (
          <span
            key={one.name}
            className={styles.option}
            data-current={one.name === current || undefined}
            data-wrong={problem?.options[one.name] !== undefined || undefined}
          >
            {one.name}
            {!one.required && <span className={styles.optional}>?</span>}
          </span>
        ))}
      </p>
      <p className={styles.words}>{words}</p>
      {problem !== undefined && <p className={styles.problem}>{problem.words}</p>}
    </div>
  );
}
