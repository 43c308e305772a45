// A form of a card: fields by type, checked before it is sent and by the server after.
import { Button, Checkbox, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import type { ShownCard } from '@parley/client';
import { type FormEvent, useState } from 'react';
import { type ActionProps, Done } from './card-actions.tsx';
import styles from './cards.module.css';
import { isSpent, stateOf, type Values } from './use-press.ts';

type FormBlock = Extract<ShownCard['blocks'][number], { type: 'form' }>;
type Field = FormBlock['fields'][number];
type Value = Values[string];

export function CardForm({ block, states, press, tabIndex }: ActionProps & { block: FormBlock }) {
  const { actionId, submit, fields, mode } = block;
  const [values, setValues] = useState<Values>({});
  const [missing, setMissing] = useState<string[]>([]);
  const state = stateOf(states, actionId);
  const spent = isSpent(mode, state, press.myId);

  async function send(event: FormEvent) {
    event.preventDefault();
    const without = fields
      .filter(({ name, required }) => required && isEmpty(values[name]))
      .map(({ name }) => name);
    setMissing(without);
    if (without.length > 0) return;
    const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
    if (await press.press(actionId, { values: filled }, submit)) setValues({});
  }

  return (
    <form className={styles.form} onSubmit={send} noValidate>
      {!spent &&
        fields.map((field) => (
          <FormField
            key={field.name}
            field={field}
            value={values[field.name]}
            error={missing.includes(field.name) ? 'Needed' : undefined}
            tabIndex={tabIndex}
            onChange={(value) => setValues((was) => ({ ...was, [field.name]: value }))}
          />
        ))}
      {!spent && (
        <Button type="submit" size="xs" loading={press.busy === actionId} tabIndex={tabIndex}>
          {submit}
        </Button>
      )}
      <Done state={state} press={press} actionId={actionId} what={submit} />
    </form>
  );
}

const isEmpty = (value: Value | undefined): boolean => value === undefined || value === '';

interface FormFieldProps {
  field: Field;
  value: Value | undefined;
  error: string | undefined;
  tabIndex: 0 | -1;
  onChange(value: Value): void;
}

function FormField({ field, value, error, tabIndex, onChange }: FormFieldProps) {
  const { label, type, required, maxLength = 2000, min, max, options = [] } = field;
  const text = typeof value === 'string' ? value : '';
  const common = { label, required, error, tabIndex, size: 'sm', withAsterisk: required } as const;
  switch (type) {
    case 'multiline':
      return (
        <Textarea
          {...common}
          value={text}
          maxLength={maxLength}
          autosize
          minRows={2}
          maxRows={8}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          {...(min !== undefined && { min })}
          {...(max !== undefined && { max })}
          onChange={(next) => onChange(next)}
        />
      );
    case 'boolean':
      return (
        <Checkbox
          label={label}
          error={error}
          tabIndex={tabIndex}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'select':
      return (
        <Select
          {...common}
          data={options}
          value={text === '' ? null : text}
          onChange={(next) => onChange(next ?? '')}
        />
      );
    default:
      return (
        <TextInput
          {...common}
          type={type === 'date' ? 'date' : 'text'}
          value={text}
          maxLength={maxLength}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
