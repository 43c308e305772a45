// The text an agent is writing, and its pieces on their way to the room. What was streamed and the final body are the same
// characters: trailing white space and half characters are held back until what follows is known. Must never throw.
import type { Clock } from '../../core/clock.ts';

export interface Delta {
  /** Offset in UTF-16 units; a reader who has more than this throws the rest away. */
  at: number;
  text: string;
}

/** At most 20 deltas a second. */
const MIN_GAP_MS = 50;

export class Draft {
  readonly #clock: Pick<Clock, 'elapsed' | 'sleep'>;
  readonly #emit: (delta: Delta) => void;
  readonly #maxBytes: number;
  /** Clean text without trailing white space. */
  #text = '';
  #bytes = 0;
  #held = '';
  #full = false;
  /** UTF-16 units that readers have. */
  #sent = 0;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #timer: AbortController | undefined;

  constructor(options: {
    clock: Pick<Clock, 'elapsed' | 'sleep'>;
    maxBytes: number;
    emit: (delta: Delta) => void;
  }) {
    this.#clock = options.clock;
    this.#maxBytes = options.maxBytes;
    this.#emit = options.emit;
  }

  get text(): string {
    return this.#text;
  }

  /** Adds what the model said; streamed soon, not necessarily now. */
  append(piece: string): void {
    this.#take(piece);
    if (this.#sent === this.#text.length) return;
    const wait = this.#lastSentAt + MIN_GAP_MS - this.#clock.elapsed();
    if (wait <= 0) this.flush();
    else this.#flushIn(wait);
  }

  /** What follows is another paragraph, if anything follows. */
  break(): void {
    if (this.#text !== '') this.#held = '\n\n';
  }

  flush(): void {
    this.#timer?.abort();
    this.#timer = undefined;
    if (this.#sent >= this.#text.length) return;
    this.#lastSentAt = this.#clock.elapsed();
    const at = this.#sent;
    this.#sent = this.#text.length;
    this.#emit({ at, text: this.#text.slice(at) });
  }

  /** Starts from the texts of calls that were finished before; readers get them again from the start. */
  restart(finished: readonly string[]): void {
    this.stop();
    this.#text = '';
    this.#bytes = 0;
    this.#held = '';
    this.#full = false;
    this.#sent = 0;
    for (const text of finished) {
      this.break();
      this.#take(text);
    }
    this.flush();
  }

  stop(): void {
    this.#timer?.abort();
    this.#timer = undefined;
  }

  #flushIn(ms: number): void {
    if (this.#timer !== undefined) return;
    const timer = new AbortController();
    this.#timer = timer;
    this.#clock.sleep(ms, timer.signal).then(
      () => this.flush(),
      () => undefined,
    );
  }

  #take(piece: string): void {
    if (this.#full || piece === '') return;
    const all = this.#held + piece.replaceAll('\u0000', '');
    const end = all.search(/[\s\ud800-\udbff]+$/);
    const settled = end === -1 ? all : all.slice(0, end);
    this.#held = end === -1 ? '' : all.slice(end);
    const fresh = (this.#text === '' ? settled.trimStart() : settled).toWellFormed();
    if (settled.trim() === '' && this.#text === '') this.#held = this.#held.trimStart();
    const bytes = Buffer.byteLength(fresh);
    if (this.#bytes + bytes > this.#maxBytes) {
      this.#full = true;
      this.#held = '';
      this.#text = (this.#text + cut(fresh, this.#maxBytes - this.#bytes)).trimEnd();
      return;
    }
    this.#bytes += bytes;
    this.#text += fresh;
  }
}

/** The longest start of a text that has at most so many bytes in UTF-8. */
function cut(text: string, bytes: number): string {
  const buffer = Buffer.from(text);
  let end = Math.max(0, Math.min(bytes, buffer.length));
  while (end > 0 && end < buffer.length && ((buffer[end] as number) & 0xc0) === 0x80) end--;
  return buffer.subarray(0, end).toString();
}
