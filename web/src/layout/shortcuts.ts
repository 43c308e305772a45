// Keys that work anywhere in the console. Keys without Ctrl or Command never work while one writes, and can be turned off.
import { useEffect, useEffectEvent } from 'react';
import { kept } from '../parts/kept.ts';

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? '');
const MOD = isMac ? '⌘' : 'Ctrl';
export const JUMP_KEYS = isMac ? '⌘K' : 'Ctrl K';

export const singleKeys = kept<boolean>('parley.single-keys');

export const SHORTCUTS: { title: string; keys: { keys: string[]; does: string }[] }[] = [
  {
    title: 'Anywhere',
    keys: [
      { keys: [MOD, 'K'], does: 'Search, or jump to a room, a person or a page' },
      { keys: [MOD, '/'], does: 'Show these keys' },
      { keys: ['?'], does: 'Show these keys, while not writing' },
      { keys: ['G', 'I'], does: 'Go to the inbox, one key after the other' },
      { keys: ['G', 'T'], does: 'Go to threads' },
      { keys: ['G', 'S'], does: 'Go to saved messages' },
      { keys: ['G', 'A'], does: 'Go to approvals' },
      { keys: ['Esc'], does: 'Close what is open, or stop editing' },
    ],
  },
  {
    title: 'Writing',
    keys: [
      { keys: ['Enter'], does: 'Send' },
      { keys: ['Shift', 'Enter'], does: 'Begin a new line' },
      { keys: ['@'], does: 'Mention a person or an agent' },
    ],
  },
  {
    title: 'Lists',
    keys: [
      { keys: ['↑', '↓'], does: 'Go through rooms and messages' },
      { keys: ['Home', 'End'], does: 'Go to the first or the last' },
    ],
  },
];

/** How long the second key of two may take. */
const SECOND_KEY_MS = 1200;

interface Does {
  onJump(): void;
  onHelp(): void;
  /** The key after G. */
  onGo(key: string): void;
}

export function useShortcuts(does: Does): void {
  const onKey = useEffectEvent((event: KeyboardEvent, afterG: boolean) => {
    if (event.defaultPrevented || event.isComposing) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      if (key !== 'k' && key !== '/') return;
      event.preventDefault();
      return key === 'k' ? does.onJump() : does.onHelp();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    if (singleKeys.read() === false || document.querySelector('[role="dialog"]') !== null) return;
    if (key === '?') {
      event.preventDefault();
      return does.onHelp();
    }
    if (afterG) does.onGo(key);
  });
  useEffect(() => {
    let sinceG = Number.NEGATIVE_INFINITY;
    const listener = (event: KeyboardEvent) => {
      const afterG = event.timeStamp - sinceG < SECOND_KEY_MS;
      sinceG = event.key === 'g' && !afterG ? event.timeStamp : Number.NEGATIVE_INFINITY;
      onKey(event, afterG);
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
