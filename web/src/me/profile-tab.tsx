// My name as others see it, and how the console looks on this device.
import { Button, Group, TextInput, useMantineColorScheme } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import { singleKeys } from '../layout/shortcuts.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Chip, Chips } from '../parts/chip.tsx';
import { messageOf } from '../parts/errors.ts';
import { useClient, useMe } from '../session/use-client.ts';
import { type Density, readDensity, setDensity } from '../theme/density.ts';
import styles from './me.module.css';

const SCHEMES = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;
const DENSITIES: [Density, string][] = [
  ['comfortable', 'Comfortable'],
  ['compact', 'Compact'],
];

export function ProfileTab() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [dense, setDense] = useState(readDensity);
  const [keys, setKeys] = useState(() => singleKeys.read() ?? true);
  return (
    <>
      <NameSection />
      <section className={fields.section}>
        <h2>Looks</h2>
        <p className={fields.hint}>For this browser; other devices keep their own.</p>
        <div className={styles.choices}>
          <h3>Colours</h3>
          <Chips label="Colours">
            {SCHEMES.map(([value, words]) => (
              <Chip key={value} pressed={colorScheme === value} onClick={() => setColorScheme(value)}>
                {words}
              </Chip>
            ))}
          </Chips>
          <h3>Room between things</h3>
          <Chips label="Room between things">
            {DENSITIES.map(([value, words]) => (
              <Chip
                key={value}
                pressed={dense === value}
                onClick={() => {
                  setDensity(value);
                  setDense(value);
                }}
              >
                {words}
              </Chip>
            ))}
          </Chips>
          <h3>Keys without Ctrl or Command</h3>
          <Chips label="Keys without Ctrl or Command">
            {([true, false] as const).map((value) => (
              <Chip
                key={String(value)}
                pressed={keys === value}
                onClick={() => {
                  singleKeys.write(value);
                  setKeys(value);
                }}
              >
                {value ? 'On' : 'Off'}
              </Chip>
            ))}
          </Chips>
        </div>
      </section>
    </>
  );
}

function NameSection() {
  const client = useClient();
  const me = useMe();
  const [name, setName] = useState(me.name);
  const save = useMutation({ mutationFn: () => client.call('update_me', { name: name.trim() }) });
  const isChanged = name.trim() !== me.name && name.trim() !== '';
  function submit(event: FormEvent) {
    event.preventDefault();
    if (isChanged) save.mutate();
  }
  return (
    <section className={fields.section}>
      <h2>How others see you</h2>
      <form className={styles.name} onSubmit={submit}>
        <Avatar user={{ ...me, name: name.trim() || me.name }} />
        <div className={styles.field}>
          <TextInput
            label="Name"
            description={`You are mentioned as @${me.handle}; that stays.`}
            value={name}
            maxLength={64}
            error={save.isError ? messageOf(save.error) : undefined}
            errorProps={{ role: 'alert' }}
            onChange={(event) => {
              setName(event.currentTarget.value);
              save.reset();
            }}
          />
          <Group gap="sm" mt="sm">
            <Button type="submit" loading={save.isPending} disabled={!isChanged}>
              Keep the name
            </Button>
            <span aria-live="polite" className={styles.done}>
              {save.isSuccess && save.data.name === name.trim() ? 'Kept. Others see it from now on.' : ''}
            </span>
          </Group>
        </div>
      </form>
    </section>
  );
}
