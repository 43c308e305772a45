// One HTTP exchange on behalf of a tool, as a result a model can read. Once a request that changes something may have left, a
// failure means that nobody knows what became of it.
import { AppError } from '../core/errors.ts';
import type { GuardedFetch, GuardedInit } from './http-guard.ts';
import { OUTCOME_UNKNOWN } from './run-tool.ts';
import { type Json, type ToolContext, type ToolResult, toolFailure } from './tool.ts';

export interface ExchangeRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  mayVisit?: GuardedInit['mayVisit'];
}

/** Characters of an answer that a model reads, and the headers of it that are worth knowing. */
const MOST_READ = 10_000;
const HEADERS = ['content-type', 'location', 'etag', 'last-modified', 'retry-after', 'link'];
/** Failures before anything has left. */
const NOTHING_SENT = new Set(['outgoing_busy', 'host_not_found']);

/** Output: `{ status, headers, body, cut }`; `body` is text. */
export async function exchange(
  fetch: GuardedFetch,
  { method, url, headers, body, mayVisit }: ExchangeRequest,
  ctx: ToolContext,
): Promise<ToolResult> {
  const writes = method !== 'GET' && method !== 'HEAD';
  const key = writes ? ctx.idempotencyKey : undefined;
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
      ...(body === undefined ? {} : { body }),
      signal: ctx.signal,
      ...(mayVisit === undefined ? {} : { mayVisit }),
    });
    const text = (await answer.text()).replaceAll('\u0000', '').toWellFormed();
    const known: { [name: string]: Json } = {};
    for (const name of HEADERS) {
      const value = answer.headers.get(name);
      if (value !== null) known[name] = value.slice(0, 500);
    }
    const cut = text.length > MOST_READ;
    const shown = text.slice(0, MOST_READ).toWellFormed();
    return {
      ok: true,
      output: { status: answer.status, headers: known, body: shown, cut },
      summary: `${answer.status} from ${new URL(url).host}`,
    };
  } catch (error) {
    if (ctx.signal.aborted) throw ctx.signal.reason;
    if (!(error instanceof AppError)) throw error;
    const sent = error.code === 'unavailable' || error.code === 'too_large';
    if (writes && sent && !NOTHING_SENT.has(error.reason) && error.reason !== 'request_too_large')
      return toolFailure(
        OUTCOME_UNKNOWN,
        `${error.message} The request may have taken effect. Do not repeat it; say so.`,
      );
    return toolFailure(error.reason, error.message);
  }
}
