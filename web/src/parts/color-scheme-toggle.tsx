// Goes round the three schemes: like the system, light, dark.
import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { IconMoon, IconSun, IconSunMoon } from '@tabler/icons-react';

const NEXT = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const WORDS = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

export function ColorSchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = `Appearance: ${WORDS[colorScheme]}. Switch to ${WORDS[NEXT[colorScheme]]}`;
  const Icon = { auto: IconSunMoon, light: IconSun, dark: IconMoon }[colorScheme];
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(NEXT[colorScheme])}>
        <Icon size={18} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
}
