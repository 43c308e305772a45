// Calling commands from a composer: the list while one is typed, and one call at a time, carried out once however often it is asked.
import { type Command, ParleyError, type RoomHandle } from '@parley/client';
import { useEffect, useRef, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { messageOf } from '../parts/errors.ts';
import { useDone } from '../parts/notices.tsx';
import { useStore } from '../session/use-client.ts';

/** What was wrong with the last call. */
export interface CommandProblem {
  /** The call. */
  text: string;
  words: string;
  /** Of the options that were wrong, by name. */
  options: Readonly<Record<string, string>>;
}

export interface Commands {
  list: readonly Command[];
  /** It is known which there are. */
  ready: boolean;
  /** It was asked which there are, and no answer has come. */
  loading: boolean;
  busy: boolean;
  problem: CommandProblem | undefined;
  /** @returns whether it was carried out */
  run(text: string): Promise<boolean>;
}

/** After that one may ask again; the server counts the call once. */
const PATIENCE_MS = 20_000;

/** @param wanted a command is being typed */
export function useCommands(room: RoomHandle, threadId: string | undefined, wanted: boolean): Commands {
  const { commands } = room;
  const { commands: list, status } = useStore(commands);
  const announce = useAnnounce();
  const done = useDone();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<CommandProblem>();
  /** A call whose answer did not come: the same text asked for again is the same call. */
  const unanswered = useRef<{ text: string; id: string } | undefined>(undefined);
  useEffect(() => (wanted ? commands.follow() : undefined), [commands, wanted]);

  async function run(text: string): Promise<boolean> {
    const id = unanswered.current?.text === text ? unanswered.current.id : crypto.randomUUID();
    unanswered.current = { text, id };
    setBusy(true);
    setProblem(undefined);
    try {
      const { reply, messageId, runId } = await commands.runText(text, {
        id,
        ...(threadId !== undefined && { threadId }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      unanswered.current = undefined;
      if (reply?.visibility === 'private') announce(`Only you can see this: ${reply.body}`);
      else if (reply === undefined && messageId === undefined && runId === undefined)
        done(`${text.split(/\s/, 1)[0]} was carried out`);
      return true;
    } catch (error) {
      if (error instanceof ParleyError && !error.retryable && error.code !== 'aborted')
        unanswered.current = undefined;
      const next = problemOf(text, error);
      setProblem(next);
      announce(next.words);
      return false;
    } finally {
      setBusy(false);
    }
  }
  return {
    list,
    ready: status === 'ready',
    loading: status === 'idle' || status === 'loading',
    busy,
    problem,
    run,
  };
}

function problemOf(text: string, error: unknown): CommandProblem {
  if (!(error instanceof ParleyError)) return { text, words: messageOf(error), options: {} };
  if (error.code === 'aborted')
    return { text, words: 'No answer yet. Send it again: it is carried out once.', options: {} };
  const fields = error.problem?.errors ?? [];
  const named = fields.map(({ path, message }) => ({ name: path.replace(/^options\./, ''), message }));
  return {
    text,
    words:
      error.reason === 'invalid_option' && named.length > 0
        ? named
            .map(({ name, message }) => (name === 'text' ? `It ${message}` : `${name} ${message}`))
            .join('; ')
        : messageOf(error),
    options: Object.fromEntries(named.map(({ name, message }) => [name, message])),
  };
}
