// Says when the connection is not what it should be, and what is being done about it.
import { useEffect, useRef, useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { useClient, useStore } from '../session/use-client.ts';
import styles from './connection-banner.module.css';

/** A hiccup shorter than this is not worth a word. */
const PATIENCE_MS = 400;

export function ConnectionBanner() {
  const { status, attempt, me } = useStore(useClient().state);
  const announce = useAnnounce();
  const wasLost = useRef(false);
  const words = bannerWords(status, attempt, me !== undefined);
  const shown = useSettled(words);

  useEffect(() => {
    if (shown?.kind === 'lost') {
      if (!wasLost.current) announce('Reconnecting');
      wasLost.current = true;
    } else if (status === 'online' && wasLost.current) {
      wasLost.current = false;
      announce('Back online');
    }
  }, [shown?.kind, status, announce]);

  if (shown === undefined) return null;
  return (
    <div className={styles.banner} data-kind={shown.kind} data-testid="banner">
      {shown.text}
    </div>
  );
}

interface Words {
  kind: 'lost' | 'busy';
  text: string;
}

/** @param known a connection was there before */
export function bannerWords(status: string, attempt: number, known: boolean): Words | undefined {
  switch (status) {
    case 'connecting':
      if (!known && attempt === 0) return { kind: 'busy', text: 'Connecting…' };
      return lost(attempt);
    case 'offline':
      return lost(attempt);
    case 'catching-up':
      return { kind: 'busy', text: 'Catching up…' };
    default:
      return undefined;
  }
}

function lost(attempt: number): Words {
  const tries = attempt > 1 ? ` Attempt ${attempt}.` : '';
  return {
    kind: 'lost',
    text: `Connection lost, reconnecting…${tries} What you write is sent when it is back.`,
  };
}

/** The banner's words once they have lasted; nothing at once. */
function useSettled(words: Words | undefined): Words | undefined {
  const [shown, setShown] = useState<Words>();
  const key = words === undefined ? '' : `${words.kind} ${words.text}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: words are compared by what they say
  useEffect(() => {
    const delay = words === undefined || shown !== undefined ? 0 : PATIENCE_MS;
    const timer = setTimeout(() => setShown(words), delay);
    return () => clearTimeout(timer);
  }, [key]);
  return shown;
}
