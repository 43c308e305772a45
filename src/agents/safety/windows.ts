// A text that is judged while it is written: sentence by sentence, in order, each shown once it has passed. While one verdict is
// awaited, the sentences that come meanwhile are gathered into the next. Must never show what was not judged.
import { add, CONTEXT, type Judge, type Moderated } from './moderation.ts';

export interface Windows {
  push(text: string): void;
  /** Nothing follows: resolves when all was judged, or no more is shown. */
  end(): Promise<void>;
  /** Nothing more is shown. */
  stop(): void;
  readonly moderated: Moderated;
}

/** Characters that are judged at once, and after how many a text without sentences is cut. */
const LARGEST = 4000;
const UNENDING = 600;
const SENTENCE_ENDS = /[.!?…]["')\]»”]*\s|[。！？]|\n/g;

export function createWindows(deps: {
  judge: Judge;
  show: (text: string) => void;
  signal: AbortSignal;
}): Windows {
  const { judge, show, signal } = deps;
  const moderated: Moderated = { model: '', windows: 0, unavailable: 0, ms: 0 };
  let pending = '';
  let before = '';
  let over = false;
  let looking: Promise<void> | undefined;

  function look(size: number): void {
    if (size === 0 || over) return;
    const text = pending.slice(0, size);
    pending = pending.slice(size);
    looking = judge(before + text, signal)
      .then((judgement) => {
        if (over) return;
        add(moderated, judgement);
        if (moderated.blocked !== undefined) {
          over = true;
          return;
        }
        before = (before + text).slice(-CONTEXT);
        show(text);
      })
      .catch(() => {
        over = true;
      })
      .finally(() => {
        looking = undefined;
        look(sizeOf(pending));
      });
  }

  return {
    moderated,
    push(text) {
      pending += text;
      if (looking === undefined) look(sizeOf(pending));
    },
    async end() {
      while (!over && (pending !== '' || looking !== undefined)) {
        if (looking === undefined) look(Math.min(pending.length, LARGEST));
        await looking;
      }
    },
    stop() {
      over = true;
    },
  };
}

/** How much of a text may be judged now: whole sentences, or a piece of one that does not end. */
function sizeOf(pending: string): number {
  const text = pending.slice(0, LARGEST);
  const ends = [...text.matchAll(SENTENCE_ENDS)];
  const last = ends.at(-1);
  if (last !== undefined) return last.index + last[0].length;
  if (text.length < UNENDING) return 0;
  const space = text.lastIndexOf(' ');
  return space > 0 ? space + 1 : text.length;
}
