// What messages of a room are checked by before they are shown, and slow mode. Moderators are exempt.
import { NativeSelect, NumberInput, Textarea } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DialogForm } from '../parts/dialog-form.tsx';
import { useDone } from '../parts/notices.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useClient, usePart } from '../session/use-client.ts';
import type { RoomDialogProps } from './room-menu.tsx';
import { type Does, type Rules, type RulesDraft, toDraft, toRules } from './rules-draft.ts';
import styles from './settings.module.css';

const PACES = [
  { value: 0, label: 'no wait' },
  { value: 5, label: '5 seconds' },
  { value: 30, label: '30 seconds' },
  { value: 60, label: 'a minute' },
  { value: 300, label: '5 minutes' },
  { value: 900, label: '15 minutes' },
  { value: 3600, label: 'an hour' },
  { value: 21_600, label: '6 hours' },
];

export function SettingsRules(props: RoomDialogProps) {
  const client = useClient();
  const roomId = props.room.key;
  const query = useQuery({
    queryKey: ['room-rules', roomId],
    staleTime: 0,
    gcTime: 0,
    queryFn: ({ signal }) => client.call('get_room_rules', { roomId }, { signal }),
  });
  const state = stateOf({ query, what: 'rules' });
  if (state !== undefined || query.data === undefined) return state;
  return <Form {...props} rules={query.data} />;
}

function Form({ room, rules, onClose }: RoomDialogProps & { rules: Rules }) {
  const client = useClient();
  const queries = useQueryClient();
  const done = useDone();
  const pace = usePart(room, (snapshot) => snapshot.room?.slowModeSeconds) ?? 0;
  const [seconds, setSeconds] = useState(pace);
  const [draft, setDraft] = useState(() => toDraft(rules));
  const change = (what: Partial<RulesDraft>) => setDraft((was) => ({ ...was, ...what }));
  const roomId = room.key;

  async function save() {
    if (seconds !== pace) await client.call('set_slow_mode', { roomId, seconds });
    if (JSON.stringify(draft) !== JSON.stringify(toDraft(rules)))
      await client.call('set_room_rules', { roomId, ...toRules(draft) });
    void queries.invalidateQueries({ queryKey: ['room-rules', roomId] });
    done('The rules of the room hold from now on');
  }

  const paces = PACES.some(({ value }) => value === pace)
    ? PACES
    : [...PACES, { value: pace, label: `${pace} seconds` }].sort((a, b) => a.value - b.value);
  return (
    <DialogForm label="Save rules" onSubmit={save} onClose={onClose}>
      <p className={styles.note}>
        They hold for people and agents, new messages and changed ones. Who looks after the room is exempt.
      </p>
      <NativeSelect
        label="Slow mode: between two messages of one member"
        data={paces.map(({ value, label }) => ({ value: String(value), label }))}
        value={String(seconds)}
        onChange={(event) => setSeconds(Number(event.currentTarget.value))}
      />
      <div className={styles.pair}>
        <Textarea
          label="Words that are refused"
          description="One a line; spam* takes any ending"
          autosize
          minRows={3}
          maxRows={8}
          value={draft.refused}
          onChange={(event) => change({ refused: event.currentTarget.value })}
        />
        <Textarea
          label="Words that are held for a moderator"
          description="One a line, likewise"
          autosize
          minRows={3}
          maxRows={8}
          value={draft.held}
          onChange={(event) => change({ held: event.currentTarget.value })}
        />
      </div>
      <Rule label="Links" value={draft.links} onChange={(links) => change({ links })}>
        <Textarea
          label="But to these hosts, and what is below them"
          placeholder="example.org"
          autosize
          minRows={1}
          maxRows={6}
          value={draft.hosts}
          onChange={(event) => change({ hosts: event.currentTarget.value })}
        />
      </Rule>
      <Rule
        label="Many mentions in one message"
        value={draft.mentions}
        onChange={(mentions) => change({ mentions })}
      >
        <Count
          label="More than"
          most={100}
          least={0}
          value={draft.mostMentions}
          onChange={(mostMentions) => change({ mostMentions })}
        />
      </Rule>
      <Rule label="Saying the same again" value={draft.repeats} onChange={(repeats) => change({ repeats })}>
        <Count
          label="More often than"
          most={50}
          least={1}
          value={draft.mostRepeats}
          onChange={(mostRepeats) => change({ mostRepeats })}
        />
        <Count
          label="within so many seconds"
          most={86_400}
          least={1}
          value={draft.seconds}
          onChange={(within) => change({ seconds: within })}
        />
      </Rule>
      <Rule
        label="What the server’s moderation service flags, where it has one"
        value={draft.service}
        onChange={(service) => change({ service })}
      />
    </DialogForm>
  );
}

interface RuleProps {
  label: string;
  value: Does;
  onChange(value: Does): void;
  children?: React.ReactNode;
}

/** Its details are asked for where it does something. */
function Rule({ label, value, onChange, children }: RuleProps) {
  return (
    <div className={styles.rule}>
      <NativeSelect
        label={label}
        data={[
          { value: 'off', label: 'allowed' },
          { value: 'refuse', label: 'refused' },
          { value: 'hold', label: 'held for a moderator' },
        ]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value as Does)}
      />
      {value !== 'off' && children !== undefined && <div className={styles.details}>{children}</div>}
    </div>
  );
}

interface CountProps {
  label: string;
  least: number;
  most: number;
  value: number;
  onChange(value: number): void;
}

function Count({ label, least, most, value, onChange }: CountProps) {
  return (
    <NumberInput
      label={label}
      min={least}
      max={most}
      allowDecimal={false}
      value={value}
      onChange={(next) => typeof next === 'number' && onChange(next)}
    />
  );
}
