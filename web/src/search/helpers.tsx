// Helps to write operators: those that there are, and, while one is being written, whom or which room it may name.
import { useQuery } from '@tanstack/react-query';
import { Chip, Chips } from '../parts/chip.tsx';
import { useRoomNames } from '../parts/use-room-names.ts';
import { useClient } from '../session/use-client.ts';
import styles from './search-page.module.css';
import { addWord, closeOperator, hasWord, openOperator, toggleWord } from './search-words.ts';

const SWITCHES = [
  { word: 'from:me', label: 'From me' },
  { word: 'is:agent', label: 'From agents' },
  { word: 'has:file', label: 'With a file' },
  { word: 'has:image', label: 'With an image' },
  { word: 'has:link', label: 'With a link' },
  { word: 'has:mention', label: 'Mentions someone' },
  { word: 'is:thread', label: 'In a thread' },
];

interface HelpersProps {
  text: string;
  onChange(text: string): void;
}

export function Helpers({ text, onChange }: HelpersProps) {
  const open = openOperator(text);
  if (open?.name === 'from') return <People text={text} value={open.value} onChange={onChange} />;
  if (open?.name === 'in') return <Rooms text={text} value={open.value} onChange={onChange} />;
  return (
    <div className={styles.helpers}>
      <Chips label="Narrow it down">
        <Chip onClick={() => onChange(addWord(text, 'from:@'))}>From someone…</Chip>
        <Chip onClick={() => onChange(addWord(text, 'in:'))}>In a room…</Chip>
        {SWITCHES.map(({ word, label }) => (
          <Chip key={word} pressed={hasWord(text, word)} onClick={() => onChange(toggleWord(text, word))}>
            {label}
          </Chip>
        ))}
      </Chips>
      <div className={styles.days}>
        <Day name="after" label="From" text={text} onChange={onChange} />
        <Day name="before" label="Before" text={text} onChange={onChange} />
      </div>
    </div>
  );
}

interface DayProps extends HelpersProps {
  name: 'after' | 'before';
  label: string;
}

function Day({ name, label, text, onChange }: DayProps) {
  const pattern = new RegExp(`(^|\\s)${name}:(\\d{4}-\\d\\d-\\d\\d)(?=\\s|$)`);
  return (
    <label className={styles.day}>
      {label}
      <input
        type="date"
        value={pattern.exec(text)?.[2] ?? ''}
        onChange={(event) => {
          const rest = text.replace(pattern, '').trim();
          const day = event.currentTarget.value;
          onChange(day === '' ? rest : addWord(rest, `${name}:${day}`));
        }}
      />
    </label>
  );
}

function People({ text, value, onChange }: HelpersProps & { value: string }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['users', value, 'any'],
    queryFn: ({ signal }) =>
      client.call('list_users', { limit: 8, ...(value !== '' && { query: value }) }, { signal }),
  });
  const users = (query.data?.data ?? []).slice(0, 8);
  return (
    <div className={styles.helpers}>
      <Chips label="Written by">
        {users.map(({ id, name, handle }) => (
          <Chip key={id} onClick={() => onChange(closeOperator(text, `from:@${handle}`))}>
            {name}
          </Chip>
        ))}
        {query.isSuccess && users.length === 0 && <span className={styles.note}>Nobody is called so.</span>}
      </Chips>
    </div>
  );
}

function Rooms({ text, value, onChange }: HelpersProps & { value: string }) {
  const { all } = useRoomNames();
  const fitting = all.filter(({ name, slug }) => `${name} ${slug ?? ''}`.toLowerCase().includes(value));
  return (
    <div className={styles.helpers}>
      <Chips label="In this room">
        {fitting.slice(0, 12).map(({ id, slug, name }) => (
          <Chip key={id} onClick={() => onChange(closeOperator(text, `in:${slug ?? id}`))}>
            {name}
          </Chip>
        ))}
        {fitting.length === 0 && <span className={styles.note}>No room of yours is called so.</span>}
      </Chips>
    </div>
  );
}
