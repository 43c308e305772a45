// What a tool takes: a name, a type and a few words for each input.
import { ActionIcon, Button, Checkbox, Select, TagsInput, TextInput } from '@mantine/core';
import type { ToolParameter } from '@parley/client';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import styles from '../tools.module.css';

const TYPES: { value: ToolParameter['type']; label: string }[] = [
  { value: 'string', label: 'text' },
  { value: 'number', label: 'a number' },
  { value: 'boolean', label: 'yes or no' },
  { value: 'array', label: 'a list' },
  { value: 'object', label: 'an object' },
];

interface ParameterFieldsProps {
  value: ToolParameter[];
  onChange(value: ToolParameter[]): void;
}

export function ParameterFields({ value, onChange }: ParameterFieldsProps) {
  const replace = (at: number, changes: Partial<ToolParameter>) =>
    onChange(value.map((one, i) => (i === at ? { ...one, ...changes } : one)));
  return (
    <div className={styles.rules}>
      {value.map((parameter, i) => (
        <fieldset
          // biome-ignore lint/suspicious/noArrayIndexKey: its name is what is being written
          key={i}
          className={styles.rule}
        >
          <legend className="reader-only">Input {i + 1}</legend>
          <div className={styles.pair}>
            <TextInput
              label="Input"
              value={parameter.name}
              maxLength={40}
              onChange={(event) => replace(i, { name: event.currentTarget.value })}
            />
            <Select
              label="Takes"
              data={TYPES}
              value={parameter.type}
              allowDeselect={false}
              onChange={(type) =>
                replace(i, { type: (type ?? 'string') as ToolParameter['type'], validation: undefined })
              }
            />
          </div>
          <TextInput
            label="What it is"
            value={parameter.description}
            maxLength={500}
            onChange={(event) => replace(i, { description: event.currentTarget.value })}
          />
          {parameter.type === 'string' && (
            <TagsInput
              label="Only these values"
              description="Enter adds one; empty for any text"
              value={choicesOf(parameter)}
              onChange={(words) => replace(i, { validation: withChoices(parameter, words) })}
            />
          )}
          <div className={styles.head} style={{ marginBlockEnd: 0 }}>
            <Checkbox
              size="xs"
              label="It must be given"
              checked={parameter.required}
              onChange={(event) => replace(i, { required: event.currentTarget.checked })}
            />
            <ActionIcon
              aria-label={`Remove input ${parameter.name || i + 1}`}
              onClick={() => onChange(value.filter((_, at) => at !== i))}
            >
              <IconTrash size={17} aria-hidden="true" />
            </ActionIcon>
          </div>
        </fieldset>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden="true" />}
          disabled={value.length >= 30}
          onClick={() => onChange([...value, { name: '', type: 'string', description: '', required: true }])}
        >
          Add an input
        </Button>
      </div>
    </div>
  );
}

type Rules = NonNullable<ToolParameter['validation']>;

const choicesOf = ({ validation = [] }: ToolParameter): string[] =>
  validation.flatMap((rule) => (rule.rule === 'enum' ? rule.value : []));

/** What else it keeps to stays. */
function withChoices({ validation = [] }: ToolParameter, words: string[]): Rules | undefined {
  const others = validation.filter(({ rule }) => rule !== 'enum');
  const rules: Rules = words.length === 0 ? others : [...others, { rule: 'enum', value: words }];
  return rules.length === 0 ? undefined : rules;
}
