// Lines about the inputs of a tool: this one is one of these, that one begins so.
import { ActionIcon, Button, Checkbox, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { emptyRule, RULES, type RuleDraft, type RuleKind } from './limits-draft.ts';
import styles from './tools.module.css';

interface RulesFieldProps {
  /** Of the inputs. */
  names: readonly string[];
  rules: readonly RuleDraft[];
  onChange(rules: RuleDraft[]): void;
}

export function RulesField({ names, rules, onChange }: RulesFieldProps) {
  if (names.length === 0) return <p className={styles.quiet}>It takes nothing.</p>;
  const replace = (at: number, rule: RuleDraft) => onChange(rules.map((one, i) => (i === at ? rule : one)));
  return (
    <div className={styles.rules}>
      {rules.map((rule, i) => (
        <RuleLine
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name but its place
          key={i}
          names={names}
          rule={rule}
          onChange={(changed) => replace(i, changed)}
          onRemove={() => onChange(rules.filter((_, at) => at !== i))}
        />
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden="true" />}
          onClick={() => onChange([...rules, emptyRule(names[0] as string)])}
        >
          Add a line
        </Button>
      </div>
    </div>
  );
}

interface RuleLineProps {
  names: readonly string[];
  rule: RuleDraft;
  onChange(rule: RuleDraft): void;
  onRemove(): void;
}

function RuleLine({ names, rule, onChange, onRemove }: RuleLineProps) {
  const known = names.includes(rule.argument) ? names : [...names, rule.argument];
  return (
    <div className={styles.rule}>
      <div className={styles.pair}>
        <Select
          label="Input"
          data={[...known]}
          value={rule.argument}
          allowDeselect={false}
          onChange={(argument) => onChange({ ...rule, argument: argument ?? rule.argument })}
        />
        <Select
          label="must be such that it"
          data={Object.entries(RULES).map(([value, label]) => ({ value, label }))}
          value={rule.kind}
          allowDeselect={false}
          onChange={(kind) => onChange({ ...rule, kind: (kind ?? rule.kind) as RuleKind })}
        />
      </div>
      <RuleValue rule={rule} onChange={onChange} />
      <div className={styles.head} style={{ marginBlockEnd: 0 }}>
        <Checkbox
          size="xs"
          label="It may also be left out"
          checked={rule.optional}
          onChange={(event) => onChange({ ...rule, optional: event.currentTarget.checked })}
        />
        <ActionIcon aria-label="Remove this line" onClick={onRemove}>
          <IconTrash size={17} aria-hidden="true" />
        </ActionIcon>
      </div>
    </div>
  );
}

function RuleValue({ rule, onChange }: { rule: RuleDraft; onChange(rule: RuleDraft): void }) {
  if (rule.kind === 'hosts' || rule.kind === 'oneOf')
    return (
      <TagsInput
        label={rule.kind === 'hosts' ? 'Hosts' : 'Values'}
        description={
          rule.kind === 'hosts'
            ? 'Enter adds one; *.example.org means everything below example.org'
            : 'Enter adds one'
        }
        value={rule.words}
        onChange={(words) => onChange({ ...rule, words })}
      />
    );
  if (rule.kind === 'startsWith')
    return (
      <TextInput
        label="Beginning"
        value={rule.text}
        maxLength={500}
        onChange={(event) => onChange({ ...rule, text: event.currentTarget.value })}
      />
    );
  return (
    <NumberInput
      label="Number"
      hideControls
      value={rule.number}
      onChange={(value) => onChange({ ...rule, number: typeof value === 'number' ? value : '' })}
    />
  );
}
