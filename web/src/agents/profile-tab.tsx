// What an agent is: words, when it speaks, its character. Changes are kept together and saved as one.
import { Button, Radio, Select, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import type { Agent } from '@parley/client';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { useTell } from '../parts/notices.tsx';
import { DeleteAgent } from './delete-agent.tsx';
import styles from './fields.module.css';
import { PersonalityFields } from './personality-fields.tsx';
import { StopSection } from './stop-section.tsx';
import { useActivateAgent, useMayChange, useUpdateAgent } from './use-agent.ts';
import { MODES, thinksWith, toolWords } from './words.ts';

export function ProfileTab({ agent }: { agent: Agent }) {
  const mayChange = useMayChange(agent);
  return mayChange ? <ProfileForm agent={agent} /> : <ProfileFacts agent={agent} />;
}

function ProfileFacts({ agent }: { agent: Agent }) {
  return (
    <dl className={styles.facts}>
      <dt>What it is for</dt>
      <dd>{agent.description ?? 'Nobody has said yet.'}</dd>
      <dt>Speaks</dt>
      <dd>{agent.isActive ? MODES[agent.responseMode].about : 'It is switched off.'}</dd>
      <dt>Thinks with</dt>
      <dd>{thinksWith(agent)}</dd>
      <dt>Tools</dt>
      <dd>{agent.capabilities.map(toolWords).join(', ') || 'none'}</dd>
      <dt>Remembers</dt>
      <dd>{agent.memoryEnabled ? 'What people ask it to, or allow it to.' : 'Nothing.'}</dd>
    </dl>
  );
}

type Draft = Pick<
  Agent,
  'name' | 'llmProvider' | 'modelName' | 'personality' | 'memoryEnabled' | 'responseMode'
> & { description: string; systemPrompt: string };

const draftOf = (agent: Agent): Draft => ({
  name: agent.name,
  description: agent.description ?? '',
  systemPrompt: agent.systemPrompt ?? '',
  llmProvider: agent.llmProvider,
  modelName: agent.modelName,
  personality: agent.personality,
  memoryEnabled: agent.memoryEnabled,
  responseMode: agent.responseMode,
});

function changesOf(agent: Agent, draft: Draft) {
  const before = draftOf(agent);
  const changed = Object.entries(draft).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof Draft]),
  );
  const changes = Object.fromEntries(changed) as Partial<Draft>;
  return { count: changed.length, changes };
}

const PROVIDERS = [
  { value: 'auto', label: 'Whichever the server prefers' },
  { value: 'anthropic', label: 'Anthropic' },
  { value: 'openai', label: 'OpenAI, or a server that speaks like it' },
  { value: 'cloudflare', label: 'Cloudflare' },
  { value: 'scripted', label: 'The built-in script' },
];

function ProfileForm({ agent }: { agent: Agent }) {
  const [draft, setDraft] = useState(() => draftOf(agent));
  const update = useUpdateAgent(agent);
  const { count, changes } = changesOf(agent, draft);
  const set = <K extends keyof Draft>(key: K, value: Draft[K]) => {
    update.reset();
    setDraft((was) => ({ ...was, [key]: value }));
  };

  function submit(event: FormEvent) {
    event.preventDefault();
    const { description, ...rest } = changes;
    update.mutate(
      { ...rest, ...(description === undefined ? {} : { description: description.trim() || null }) },
      { onSuccess: (saved) => setDraft(draftOf(saved)) },
    );
  }

  return (
    <>
      <form onSubmit={submit} noValidate>
        <ActiveSwitch agent={agent} />
        <section className={styles.section}>
          <h2>Words</h2>
          <Stack gap="md" mt="sm">
            <TextInput
              label="Name"
              value={draft.name}
              maxLength={64}
              onChange={(event) => set('name', event.currentTarget.value)}
            />
            <TextInput
              label="What it is for"
              value={draft.description}
              maxLength={1000}
              onChange={(event) => set('description', event.currentTarget.value)}
            />
            <Textarea
              label="Instructions"
              description="Only you and administrators see them"
              value={draft.systemPrompt}
              maxLength={16_000}
              rows={8}
              onChange={(event) => set('systemPrompt', event.currentTarget.value)}
            />
          </Stack>
        </section>
        <section className={styles.section}>
          <h2>When it speaks</h2>
          <Radio.Group
            aria-label="When it speaks"
            value={draft.responseMode}
            onChange={(value) => set('responseMode', value as Draft['responseMode'])}
          >
            <Stack gap="xs" mt="sm">
              {Object.entries(MODES).map(([value, { label, about }]) => (
                <Radio key={value} value={value} label={label} description={about} />
              ))}
            </Stack>
          </Radio.Group>
        </section>
        <section className={styles.section}>
          <h2>What it thinks with</h2>
          <p className={styles.hint}>Now: {thinksWith(agent)}.</p>
          <Stack gap="md">
            <Select
              label="Provider"
              data={PROVIDERS}
              value={draft.llmProvider}
              allowDeselect={false}
              onChange={(value) => set('llmProvider', (value ?? 'auto') as Draft['llmProvider'])}
            />
            <TextInput
              label="Model"
              description="Empty: the provider’s default"
              value={draft.modelName}
              maxLength={200}
              onChange={(event) => set('modelName', event.currentTarget.value)}
            />
          </Stack>
        </section>
        <section className={styles.section}>
          <h2>Memory</h2>
          <Switch
            mt="sm"
            label="It may remember"
            description="What people ask it to keep, and what those who allow it say"
            checked={draft.memoryEnabled}
            onChange={(event) => set('memoryEnabled', event.currentTarget.checked)}
          />
        </section>
        <PersonalityFields value={draft.personality} onChange={(value) => set('personality', value)} />
        <div className={styles.foot}>
          <p role="status" data-tone={update.isError ? 'problem' : undefined}>
            {update.isError
              ? messageOf(update.error)
              : update.isSuccess && count === 0
                ? 'Saved.'
                : count === 0
                  ? 'Nothing to save.'
                  : `${count} unsaved ${count === 1 ? 'change' : 'changes'}`}
          </p>
          <Button variant="default" disabled={count === 0} onClick={() => setDraft(draftOf(agent))}>
            Undo
          </Button>
          <Button type="submit" disabled={count === 0} loading={update.isPending}>
            Save
          </Button>
        </div>
      </form>
      <StopSection agent={agent} />
      <DeleteAgent agent={agent} />
    </>
  );
}

function ActiveSwitch({ agent }: { agent: Agent }) {
  const activate = useActivateAgent(agent);
  const tell = useTell();
  return (
    <section className={styles.section}>
      <Switch
        size="md"
        label={agent.isActive ? 'It is on' : 'It is switched off'}
        description="Switching it off stops what it is doing, everywhere and at once"
        checked={agent.isActive}
        disabled={activate.isPending}
        onChange={(event) =>
          activate.mutate(event.currentTarget.checked, {
            onError: (error) => tell('Could not switch the agent', error),
          })
        }
      />
    </section>
  );
}
