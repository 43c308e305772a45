// Character: five traits from 0 to 1, a way of writing, and what it cares about, knows and leaves to others.
import { Button, Select, Stack, TagsInput } from '@mantine/core';
import type { AgentPersonality } from '@parley/client';
import styles from './fields.module.css';

const TRAITS = [
  ['extraversion', 'Extraversion'],
  ['agreeableness', 'Agreeableness'],
  ['conscientiousness', 'Conscientiousness'],
  ['neuroticism', 'Neuroticism'],
  ['openness', 'Openness'],
] as const;

const STYLES = [
  ['formality', 'Formality', ['casual', 'professional', 'formal']],
  ['verbosity', 'Length', ['concise', 'moderate', 'verbose']],
  ['humor', 'Humour', ['none', 'subtle', 'frequent']],
  ['empathy', 'Empathy', ['low', 'moderate', 'high']],
] as const;

const LISTS = [
  ['interests', 'Interests', 'What it likes to talk about'],
  ['expertise', 'Expertise', 'What it knows well'],
  ['limitations', 'Limitations', 'What it leaves to others'],
] as const;

const MIDDLE = 0.5;

interface PersonalityFieldsProps {
  value: AgentPersonality;
  onChange(value: AgentPersonality): void;
}

export function PersonalityFields({ value, onChange }: PersonalityFieldsProps) {
  const { traits = {}, communicationStyle = {} } = value;
  return (
    <section className={styles.section}>
      <div className={styles.row}>
        <h2>Character</h2>
        <Button
          size="compact-sm"
          variant="default"
          disabled={Object.keys(value).length === 0}
          onClick={() => onChange({})}
        >
          Leave all of it unsaid
        </Button>
      </div>
      <p className={styles.hint}>Shapes how it writes and how readily it speaks.</p>
      <div className={styles.sliders}>
        {TRAITS.map(([name, label]) => (
          <label key={name} className={styles.slider}>
            <span>
              {label} <i>{traits[name] === undefined ? 'unsaid' : traits[name].toFixed(2)}</i>
            </span>
            <input
              type="range"
              min={0}
              max={1}
              step={0.05}
              value={traits[name] ?? MIDDLE}
              aria-valuetext={traits[name] === undefined ? 'unsaid' : traits[name].toFixed(2)}
              onChange={(event) =>
                onChange({ ...value, traits: { ...traits, [name]: event.currentTarget.valueAsNumber } })
              }
            />
          </label>
        ))}
        {STYLES.map(([name, label, words]) => (
          <Select
            key={name}
            label={label}
            placeholder="unsaid"
            clearable
            data={[...words]}
            value={communicationStyle[name] ?? null}
            onChange={(word) => {
              const { [name]: _, ...rest } = communicationStyle;
              const next = word === null ? rest : { ...rest, [name]: word };
              onChange({ ...value, communicationStyle: next as typeof communicationStyle });
            }}
          />
        ))}
      </div>
      <Stack gap="md" mt="md">
        {LISTS.map(([name, label, about]) => (
          <TagsInput
            key={name}
            label={label}
            description={`${about}; Enter adds one`}
            value={value[name] ?? []}
            maxTags={30}
            onChange={(words) => onChange({ ...value, [name]: words })}
          />
        ))}
      </Stack>
    </section>
  );
}
