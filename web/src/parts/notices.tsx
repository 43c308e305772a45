// Short words about something that did not work, at the foot of the page until read or dismissed.
import { CloseButton } from '@mantine/core';
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';
import { messageOf } from './errors.ts';
import styles from './notices.module.css';

type Tell = (what: string, error?: unknown) => void;

const TellContext = createContext<Tell>(() => {});

/** `tell('Could not delete the message', error)`. */
export const useTell = (): Tell => useContext(TellContext);

const MOST = 3;

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<{ id: number; text: string }[]>([]);
  const tell = useCallback<Tell>((what, error) => {
    const text = error === undefined ? what : `${what}. ${messageOf(error)}`;
    setNotices((was) => [...was, { id: (was.at(-1)?.id ?? 0) + 1, text }].slice(-MOST));
  }, []);
  return (
    <TellContext value={tell}>
      {children}
      <div className={styles.notices} role="alert">
        {notices.map((notice) => (
          <div key={notice.id} className={styles.notice}>
            <span>{notice.text}</span>
            <CloseButton
              aria-label="Dismiss"
              onClick={() => setNotices((was) => was.filter(({ id }) => id !== notice.id))}
            />
          </div>
        ))}
      </div>
    </TellContext>
  );
}
