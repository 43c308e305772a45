// A case in which an agent may use a tool: with which inputs, where, at whose word, when, how often, until when, and who is asked.
import { Button, Checkbox, Group, Modal, NumberInput, Radio, Select, Stack, TextInput } from '@mantine/core';
import type { ToolInfo } from '@parley/client';
import { type FormEvent, type ReactNode, useState } from 'react';
import { toolWords } from '../agents/words.ts';
import { messageOf } from '../parts/errors.ts';
import { PeopleField, RoomsField } from '../parts/people-field.tsx';
import type { JsonSchema } from './json-schema.ts';
import { draftOf, type LimitsDraft, limitsOf } from './limits-draft.ts';
import { RulesField } from './rules-field.tsx';
import styles from './tools.module.css';
import { useNames } from './use-agent-tools.ts';
import { actsOutside, DAYS, type Limits, limitWords, spanWords } from './words.ts';

interface LimitsDialogProps {
  tool: ToolInfo;
  /** Absent for a new case. */
  limits: Limits | undefined;
  opened: boolean;
  onClose(): void;
  onSave(limits: Limits): Promise<unknown>;
}

export function LimitsDialog(props: LimitsDialogProps) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      size="lg"
      title={`When ${toolWords(props.tool.name)} may be used`}
    >
      <LimitsForm {...props} />
    </Modal>
  );
}

const ROLES = [
  { value: 'anyone', label: 'Anyone in the room' },
  { value: 'room_admin', label: 'Admins of the room' },
  { value: 'owner', label: 'Whoever answers for the agent' },
  { value: 'admin', label: 'Administrators of the server' },
];
const SPANS = [60, 3600, 86_400, 604_800];
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function LimitsForm({ tool, limits: before, onClose, onSave }: LimitsDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(before, HERE));
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const names = useNames(draft.people);
  const properties = (tool.parameters as JsonSchema).properties ?? {};
  const typeOf = (name: string) => [properties[name]?.type].flat()[0];
  const found = limitsOf(tool.name, draft, typeOf);
  const set = (changes: Partial<LimitsDraft>) => {
    setProblem(undefined);
    setDraft((was) => ({ ...was, ...changes }));
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    if ('problem' in found) return setProblem(found.problem);
    setBusy(true);
    try {
      await onSave(found.limits);
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="lg">
        <Part title="With which inputs" about="Every line must hold. Without a line, with any.">
          <RulesField
            names={Object.keys(properties)}
            rules={draft.rules}
            onChange={(rules) => set({ rules })}
          />
        </Part>
        <Part title="Where and at whose word">
          <Stack gap="sm">
            <RoomsField
              label="Only in these rooms"
              value={draft.rooms}
              nameOf={names.room}
              onChange={(rooms) => set({ rooms })}
            />
            <PeopleField
              label="Only at the word of these people"
              value={draft.people}
              nameOf={names.person}
              onChange={(people) => set({ people })}
            />
            <Select
              label="Who must ask"
              data={ROLES}
              value={draft.role}
              allowDeselect={false}
              onChange={(role) => set({ role: (role ?? 'anyone') as LimitsDraft['role'] })}
            />
          </Stack>
        </Part>
        <Part title="When and how often">
          <Stack gap="sm">
            <Checkbox
              label="Only at certain hours"
              checked={draft.hasHours}
              onChange={(event) => set({ hasHours: event.currentTarget.checked })}
            />
            {draft.hasHours && <HoursFields draft={draft} onChange={set} />}
            <div className={styles.pair}>
              <NumberInput
                label="At most so many calls"
                placeholder="no limit"
                min={1}
                max={100_000}
                decimalScale={0}
                hideControls
                value={draft.calls}
                onChange={(value) => set({ calls: typeof value === 'number' ? value : '' })}
              />
              <Select
                label="within"
                data={SPANS.map((seconds) => ({ value: String(seconds), label: spanWords(seconds) }))}
                value={draft.seconds}
                allowDeselect={false}
                onChange={(seconds) => set({ seconds: seconds ?? '3600' })}
              />
              <TextInput
                label="Until"
                type="datetime-local"
                value={draft.expires}
                onChange={(event) => set({ expires: event.currentTarget.value })}
              />
            </div>
          </Stack>
        </Part>
        <Part title="Does a person have to agree to each call?">
          <Radio.Group
            aria-label="Does a person have to agree to each call?"
            value={draft.approval}
            onChange={(approval) => set({ approval: approval as LimitsDraft['approval'] })}
          >
            <Stack gap="xs">
              <Radio
                value="by_effect"
                label={actsOutside(tool.effect) ? 'Yes, since it acts outside' : 'No, since it stays inside'}
                description="Goes by what the tool does, also when that changes"
              />
              <Radio value="always" label="Always" />
              <Radio
                value="never"
                label="Never"
                disabled={tool.effect === 'irreversible'}
                description={
                  tool.effect === 'irreversible'
                    ? 'Not possible: what it does cannot be undone'
                    : actsOutside(tool.effect)
                      ? 'Only with a line about its inputs above'
                      : undefined
                }
              />
            </Stack>
          </Radio.Group>
        </Part>
        <p className={styles.limit} role="status">
          {'limits' in found
            ? `${toolWords(tool.name)}: ${limitWords(found.limits, tool.effect, names).join('; ')}.`
            : found.problem}
        </p>
        {problem !== undefined && (
          <p className={styles.problem} role="alert">
            {problem}
          </p>
        )}
      </Stack>
      <Group justify="flex-end" gap="sm" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Save
        </Button>
      </Group>
    </form>
  );
}

function Part({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <section className={styles.part}>
      <h3>{title}</h3>
      {about !== undefined && <p className={styles.quiet}>{about}</p>}
      {children}
    </section>
  );
}

function HoursFields({
  draft,
  onChange,
}: {
  draft: LimitsDraft;
  onChange(changes: Partial<LimitsDraft>): void;
}) {
  return (
    <>
      <div className={styles.pair}>
        <TextInput
          label="From"
          type="time"
          value={draft.from}
          onChange={(event) => onChange({ from: event.currentTarget.value })}
        />
        <TextInput
          label="To"
          type="time"
          value={draft.to}
          onChange={(event) => onChange({ to: event.currentTarget.value })}
        />
        <Select
          label="In the time of"
          searchable
          data={[...new Set([HERE, 'UTC', ...Intl.supportedValuesOf('timeZone')])]}
          value={draft.timeZone}
          allowDeselect={false}
          onChange={(timeZone) => onChange({ timeZone: timeZone ?? HERE })}
        />
      </div>
      <Checkbox.Group aria-label="On these days" value={draft.days} onChange={(days) => onChange({ days })}>
        <Group gap="sm">
          {DAYS.map((name, i) => (
            <Checkbox key={name} value={String(i + 1)} label={name} size="xs" />
          ))}
        </Group>
      </Checkbox.Group>
    </>
  );
}
