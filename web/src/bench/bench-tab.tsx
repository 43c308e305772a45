// Trying an agent out in private: what one says to it and what it answers, with the steps beside it; and each answer gone
// through again under other settings of the agent.
import { Button, Textarea } from '@mantine/core';
import type { Agent } from '@parley/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import fields from '../agents/fields.module.css';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import styles from './bench.module.css';
import { Exchange, type Sent } from './exchange.tsx';

export function BenchTab({ agent }: { agent: Agent }) {
  const client = useClient();
  const [words, setWords] = useState('');
  const [sent, setSent] = useState<Sent[]>([]);
  const send = useMutation({
    mutationFn: (message: string) => client.call('agent_chat', { agentId: agent.id, message }),
    onSuccess(answer) {
      setSent((was) => [answer, ...was]);
      setWords('');
    },
  });
  function submit(event?: FormEvent) {
    event?.preventDefault();
    if (words.trim() !== '' && !send.isPending) send.mutate(words.trim());
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  }
  return (
    <>
      <form onSubmit={submit} className={fields.section}>
        <h2>Try it out</h2>
        <p className={fields.hint}>
          In your direct room with it, where it also remembers and acts: this is no rehearsal. It answers as
          it is set now, by revision {agent.revision}.
        </p>
        <Textarea
          label="Say something"
          description="Enter sends, Shift with Enter begins a new line"
          value={words}
          maxLength={8000}
          autosize
          minRows={2}
          maxRows={8}
          disabled={!agent.isActive}
          error={send.isError ? messageOf(send.error) : undefined}
          errorProps={{ role: 'alert' }}
          onChange={(event) => setWords(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div className={styles.foot}>
          {!agent.isActive && <p className={fields.hint}>It is switched off: switch it on under Profile.</p>}
          <Button type="submit" loading={send.isPending} disabled={!agent.isActive || words.trim() === ''}>
            Send
          </Button>
        </div>
      </form>
      <ol className={styles.exchanges} aria-label="What was said here, newest first">
        {sent.map((one) => (
          <Exchange key={one.message.id} agent={agent} sent={one} />
        ))}
      </ol>
    </>
  );
}
