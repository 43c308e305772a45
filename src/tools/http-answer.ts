// The answer of a guarded request: its body under a limit on what it decodes to, and every failure in words.
// Must never let the address a name resolved to, or a library's own error, out.
import { AppError } from '../core/errors.ts';

const WITHOUT_BODY = new Set([204, 205, 304]);

/** The answer under a limit on what it decodes to; `end` is called when its last byte is read or given up. */
export function capped(
  url: URL,
  answer: Response,
  maxBytes: number,
  end: () => void,
  signal: AbortSignal,
): Response {
  const headers = new Headers([...answer.headers]);
  if (headers.has('content-encoding')) {
    headers.delete('content-encoding');
    headers.delete('content-length');
  }
  const { status, statusText } = answer;
  const reader = answer.body?.getReader();
  if (reader === undefined || WITHOUT_BODY.has(status)) {
    void reader?.cancel().catch(() => undefined);
    end();
    return named(new Response(null, { status, statusText, headers }), url);
  }
  const tooLarge = () =>
    new AppError(
      'too_large',
      'answer_too_large',
      `The answer of ${url.host} is longer than ${maxBytes} bytes.`,
    );
  let read = 0;
  const giveUp = (error: unknown) => {
    void reader.cancel(error).catch(() => undefined);
    end();
    return error;
  };
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw giveUp(tooLarge());
  // A body nobody reads is given up at the deadline.
  signal.addEventListener('abort', end, { once: true });
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            end();
            return controller.close();
          }
          read += value.byteLength;
          if (read > maxBytes) throw tooLarge();
          controller.enqueue(value);
        } catch (error) {
          controller.error(giveUp(signal.aborted ? signal.reason : explained(error, url)));
        }
      },
      cancel: (reason) => void giveUp(reason),
    },
    { highWaterMark: 0 },
  );
  return named(new Response(body, { status, statusText, headers }), url);
}

function named(response: Response, { href }: URL): Response {
  return Object.defineProperty(response, 'url', { value: href });
}

export const timedOut = (after: string): AppError =>
  new AppError(
    'unavailable',
    'outgoing_timeout',
    `There was no whole answer within ${after}; try later or ask for less.`,
  );

/** What went wrong in words; refusals pass, and so does what is no failure of the network. */
export function explained(error: unknown, { host }: URL): unknown {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof AppError) return cause;
    if (cause.name === 'AbortError') return cause;
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string' && /TIMEOUT|TIMEDOUT/.test(code))
      return timedOut('the time allowed for one step');
  }
  return new AppError(
    'unavailable',
    'outgoing_failed',
    `${host} could not be reached or broke off; try later.`,
  );
}
