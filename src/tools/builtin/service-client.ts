// Asks the services that the operator configured, and only these: a client of their own, so that an address inside the network
// which one of them has is not open to what models ask for.
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { createGuardedFetch, type GuardedClient } from '../http-guard.ts';
import { type ToolContext, type ToolResult, toolFailure } from '../tool.ts';

export interface ServiceClient {
  /** A JSON answer. @throws AppError with what to do about it */
  json(service: string, url: string, init: ServiceInit): Promise<unknown>;
  stop(): Promise<void>;
}

interface ServiceInit {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: object;
  signal: AbortSignal;
  maxBytes?: number;
  totalMs?: number;
}

/** @param urls of the services, as configured */
export function createServiceClient(urls: readonly string[], userAgent: string): ServiceClient {
  const known = urls.map((url) => new URL(url));
  const client: GuardedClient = createGuardedFetch({
    allow: known.map(({ hostname }) => hostname),
    userAgent,
    limits: { totalMs: 60_000, idleMs: 60_000 },
  });
  const mayVisit = (url: URL): boolean => known.some(({ origin }) => origin === url.origin);

  return {
    stop: client.stop,
    async json(service, url, { method = 'GET', headers = {}, body, signal, maxBytes, totalMs }) {
      const answer = await client.fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
        mayVisit,
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...(totalMs === undefined ? {} : { totalMs }),
      });
      const text = await answer.text();
      if (!answer.ok) throw refused(service, answer.status, text);
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw new AppError('unavailable', 'bad_answer', `${service} answered something that is not JSON.`);
      }
    },
  };
}

function refused(service: string, status: number, text: string): AppError {
  if (status === 401 || status === 403)
    return new AppError(
      'unavailable',
      'service_key_refused',
      `${service} refuses the key of this server; its operator must change it.`,
    );
  if (status === 429)
    return new AppError('unavailable', 'service_busy', `${service} takes no more requests now; try later.`);
  const said = text.replaceAll(/\s+/g, ' ').slice(0, 200);
  return new AppError('unavailable', 'service_refused', `${service} answered ${status}: ${said}`);
}

export const notConfigured = (variables: string): string =>
  `It is not configured on this server; its operator sets ${variables}.`;

/** What a service does wrong is a value for the model; being stopped is not. */
export async function served(ctx: ToolContext, fn: () => Promise<ToolResult>): Promise<ToolResult> {
  try {
    return await fn();
  } catch (error) {
    if (ctx.signal.aborted) throw ctx.signal.reason;
    if (error instanceof AppError) return toolFailure(error.reason, error.message);
    if (error instanceof z.ZodError)
      return toolFailure('bad_answer', 'The service answered in an unknown form.');
    throw error;
  }
}
