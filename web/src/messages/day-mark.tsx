// Where a day begins in the transcript; opened, it leads to other days.
import { Button, Popover, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type FormEvent, useRef, useState } from 'react';
import { formatDay } from '../parts/times.ts';
import styles from './day-mark.module.css';
import type { Jump } from './use-jump.ts';

export function DayMark({ day, jump }: { day: string; jump: Jump }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div className={styles.mark}>
      <span className={styles.place}>
        <button
          ref={button}
          type="button"
          className={styles.button}
          aria-haspopup="dialog"
          aria-expanded={open}
          tabIndex={-1}
          onClick={() => setOpen(true)}
        >
          {formatDay(day)}
          <IconChevronDown size={13} aria-hidden="true" />
        </button>
        {open && (
          <Popover opened onChange={setOpen} onClose={close} trapFocus withinPortal shadow="md" width={240}>
            <Popover.Target>
              <span className={styles.anchor} />
            </Popover.Target>
            <Popover.Dropdown aria-label="Go to another day">
              <GoTo jump={jump} onDone={close} />
            </Popover.Dropdown>
          </Popover>
        )}
      </span>
    </div>
  );
}

/** Going to a day, or to where the room begins. */
export function GoTo({ jump, onDone }: { jump: Jump; onDone(): void }) {
  const [day, setDay] = useState('');
  function go(event: FormEvent) {
    event.preventDefault();
    const midnight = new Date(`${day}T00:00`);
    if (Number.isNaN(midnight.getTime())) return;
    jump.toTime(midnight);
    onDone();
  }
  return (
    <form className={styles.form} onSubmit={go}>
      <TextInput
        type="date"
        size="sm"
        label="Go to a day"
        max={new Date().toISOString().slice(0, 10)}
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
        data-autofocus
      />
      <Button type="submit" size="xs" disabled={day === ''}>
        Go
      </Button>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          jump.toSeq(1);
          onDone();
        }}
      >
        To the first message
      </Button>
    </form>
  );
}
