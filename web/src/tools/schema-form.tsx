// Fields for the input of a tool, as its JSON Schema describes it.
import { NumberInput, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { Field, FieldValue, Values } from './json-schema.ts';
import styles from './tools.module.css';

interface SchemaFieldsProps {
  fields: readonly Field[];
  values: Values;
  problems: Record<string, string>;
  onChange(name: string, value: FieldValue): void;
}

export function SchemaFields({ fields, values, problems, onChange }: SchemaFieldsProps) {
  if (fields.length === 0) return <p className={styles.quiet}>It takes nothing.</p>;
  return (
    <Stack gap="md">
      {fields.map((field) => (
        <SchemaField
          key={field.name}
          field={field}
          value={values[field.name] ?? ''}
          problem={problems[field.name]}
          onChange={(value) => onChange(field.name, value)}
        />
      ))}
    </Stack>
  );
}

interface SchemaFieldProps {
  field: Field;
  value: FieldValue;
  problem: string | undefined;
  onChange(value: FieldValue): void;
}

function SchemaField({ field, value, problem, onChange }: SchemaFieldProps) {
  const common = {
    label: field.required ? field.name : `${field.name} (optional)`,
    description: field.description,
    error: problem,
    errorProps: { role: 'alert' },
  };
  const text = typeof value === 'string' ? value : String(value);
  switch (field.kind) {
    case 'choice':
      return (
        <Select
          {...common}
          data={field.choices.map(({ label }) => label)}
          value={text === '' ? null : text}
          clearable={!field.required}
          onChange={(chosen) => onChange(chosen ?? '')}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...common}
          hideControls
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(typeof next === 'number' ? next : '')}
        />
      );
    case 'words':
      return (
        <TagsInput
          {...common}
          placeholder="Enter adds one"
          value={Array.isArray(value) ? value : []}
          onChange={onChange}
        />
      );
    case 'line':
      return <TextInput {...common} value={text} onChange={(event) => onChange(event.currentTarget.value)} />;
    default:
      return (
        <Textarea
          {...common}
          description={
            field.kind === 'json'
              ? [field.description, 'as JSON'].filter(Boolean).join('; ')
              : field.description
          }
          autosize
          minRows={2}
          maxRows={12}
          spellCheck={field.kind !== 'json'}
          classNames={field.kind === 'json' ? { input: styles.code ?? '' } : {}}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
