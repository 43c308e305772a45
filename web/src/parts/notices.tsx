// Short words at the foot of the page: about what did not work, until read or dismissed; about what was done, for a while.
import { CloseButton } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { messageOf } from './errors.ts';
import styles from './notices.module.css';

type Tell = (what: string, error?: unknown) => void;

const TellContext = createContext<Tell>(() => {});
const DoneContext = createContext<(what: string) => void>(() => {});

/** `tell('Could not delete the message', error)`. */
export const useTell = (): Tell => useContext(TellContext);

/** `done('Your message goes out tomorrow')`: said, and gone after a while. */
export const useDone = (): ((what: string) => void) => useContext(DoneContext);

const MOST = 3;
const DONE_MS = 8000;

interface Notice {
  id: number;
  text: string;
  isProblem: boolean;
}

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([]);
  const add = useCallback((text: string, isProblem: boolean) => {
    setNotices((was) => [...was, { id: (was.at(-1)?.id ?? 0) + 1, text, isProblem }].slice(-MOST));
  }, []);
  const tell = useCallback<Tell>(
    (what, error) => add(error === undefined ? what : `${what}. ${messageOf(error)}`, true),
    [add],
  );
  const announce = useAnnounce();
  const done = useCallback(
    (what: string) => {
      add(what, false);
      announce(what);
    },
    [add, announce],
  );
  const dismiss = useCallback((id: number) => setNotices((was) => was.filter((one) => one.id !== id)), []);
  const shown = (isProblem: boolean) =>
    notices
      .filter((notice) => notice.isProblem === isProblem)
      .map((notice) => <Shown key={notice.id} notice={notice} onDismiss={dismiss} />);
  const calm = shown(false);
  return (
    <TellContext value={tell}>
      <DoneContext value={done}>
        {children}
        <div className={styles.notices}>
          <div role="alert">{shown(true)}</div>
          {calm.length > 0 && <section aria-label="What was done">{calm}</section>}
        </div>
      </DoneContext>
    </TellContext>
  );
}

function Shown({ notice, onDismiss }: { notice: Notice; onDismiss(id: number): void }) {
  const { id, text, isProblem } = notice;
  useEffect(() => {
    if (isProblem) return;
    const timer = setTimeout(() => onDismiss(id), DONE_MS);
    return () => clearTimeout(timer);
  }, [id, isProblem, onDismiss]);
  return (
    <div className={styles.notice} data-problem={isProblem || undefined}>
      <span>{text}</span>
      <CloseButton aria-label="Dismiss" onClick={() => onDismiss(id)} />
    </div>
  );
}
