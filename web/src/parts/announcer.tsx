// The one polite voice for screen readers. Spoken at boundaries only; never for every token of a stream.
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

type Announce = (text: string) => void;

const AnnounceContext = createContext<Announce>(() => {});

export const useAnnounce = (): Announce => useContext(AnnounceContext);

/** Two regions take turns, so that the same sentence said twice is heard twice. */
export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [lines, setLines] = useState<[string, string]>(['', '']);
  const turn = useRef(0);
  const announce = useCallback<Announce>((text) => {
    turn.current = 1 - turn.current;
    setLines(turn.current === 0 ? [text, ''] : ['', text]);
  }, []);
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="reader-only" aria-live="polite" data-testid="announcer">
        {lines[0]}
      </div>
      <div className="reader-only" aria-live="polite">
        {lines[1]}
      </div>
    </AnnounceContext>
  );
}
