// What one can do with an agent at work besides stopping it: let it rest, and add words that it takes up as it goes on.
import { Button, Popover, TextInput } from '@mantine/core';
import { IconPencilPlus, IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';

interface AgentControlsProps {
  agent: { name: string };
  paused: boolean;
  busy: boolean;
  className: string;
  onPause(): void;
  onResume(): void;
  onSteer(words: string): void;
}

const MAX_WORDS = 8000;

export function AgentControls(props: AgentControlsProps) {
  const { agent, paused, busy, className } = props;
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState('');
  const look = { size: 'compact-sm', variant: 'default', disabled: busy } as const;

  function send(event: FormEvent) {
    event.preventDefault();
    if (words.trim() === '') return;
    props.onSteer(words.trim());
    setWords('');
    setOpen(false);
  }

  return (
    <>
      <Popover
        opened={open}
        onChange={setOpen}
        trapFocus
        returnFocus
        withArrow
        position="bottom-end"
        width={300}
      >
        <Popover.Target>
          <Button
            {...look}
            className={className}
            leftSection={<IconPencilPlus size={14} aria-hidden="true" />}
            onClick={() => setOpen((now) => !now)}
            aria-expanded={open}
            aria-label={`Add to what ${agent.name} is doing`}
          >
            Add
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <form onSubmit={send}>
            <TextInput
              data-autofocus
              label={`Tell ${agent.name} more`}
              description="Taken up before it goes on. Press Enter to send."
              value={words}
              maxLength={MAX_WORDS}
              onChange={(event) => setWords(event.currentTarget.value)}
            />
          </form>
        </Popover.Dropdown>
      </Popover>
      <Button
        {...look}
        leftSection={
          paused ? (
            <IconPlayerPlayFilled size={12} aria-hidden="true" />
          ) : (
            <IconPlayerPauseFilled size={12} aria-hidden="true" />
          )
        }
        onClick={paused ? props.onResume : props.onPause}
        aria-label={`${paused ? 'Resume' : 'Pause'} ${agent.name}`}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
    </>
  );
}
