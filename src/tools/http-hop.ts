// One request of a chain of redirects: what is sent first, and what a redirect makes of it. Must never carry a caller's
// credentials or body to an origin it was not meant for.
import { AppError } from '../core/errors.ts';

export interface Hop {
  url: URL;
  method: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer> | undefined;
}

/** Written by the connection alone; another value would speak for another request or host. */
const NOT_TO_SET =
  /^(host|connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*)$/;
/** Of these another origin learns nothing that was meant for the first. */
const KEPT_ACROSS_ORIGINS = new Set(['accept', 'accept-language', 'user-agent']);
export const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export async function firstHop(
  address: string | URL,
  init: RequestInit,
  maxRequestBytes: number,
  userAgent: string,
): Promise<Hop> {
  if (!URL.canParse(String(address)))
    throw new AppError(
      'invalid',
      'malformed_url',
      'This is not an address; write it like https://example.com/page.',
    );
  if (init.body instanceof ReadableStream)
    throw new AppError('invalid', 'streamed_body', 'The body of a request must be whole before it is sent.');
  const url = new URL(address);
  const method = (init.method ?? 'GET').toUpperCase();
  let parts: Request;
  try {
    parts = new Request('http://body.invalid', {
      method,
      headers: init.headers ?? [],
      body: init.body ?? null,
    });
  } catch {
    throw new AppError(
      'invalid',
      'malformed_request',
      'The method, a header or the body of the request is malformed.',
    );
  }
  const headers = new Headers(parts.headers);
  for (const name of headers.keys()) {
    if (NOT_TO_SET.test(name))
      throw new AppError(
        'invalid',
        'header_not_allowed',
        `The header ${name} is set by the connection; leave it out.`,
      );
  }
  if (!headers.has('user-agent')) headers.set('user-agent', userAgent);
  const body =
    init.body === undefined || init.body === null ? undefined : new Uint8Array(await parts.arrayBuffer());
  if (body !== undefined && body.byteLength > maxRequestBytes)
    throw new AppError(
      'too_large',
      'request_too_large',
      `A request may have ${maxRequestBytes} bytes; send less.`,
    );
  return { url, method, headers, body };
}

/** As browsers do, except that nothing but harmless headers, and no body, goes to another origin. */
export function nextHop(from: Hop, status: number, location: string): Hop {
  if (!URL.canParse(location, from.url.href))
    throw new AppError(
      'unavailable',
      'malformed_redirect',
      `${from.url.host} redirects to what is no address.`,
    );
  const url = new URL(location, from.url);
  const becomesGet = status === 303 ? from.method !== 'HEAD' : status < 303 && from.method === 'POST';
  const sameOrigin = url.origin === from.url.origin;
  const body = becomesGet ? undefined : from.body;
  if (body !== undefined && !sameOrigin)
    throw new AppError(
      'forbidden',
      'redirected_with_body',
      `${from.url.host} wants the request sent to ${url.host}; ask there yourself if you mean to.`,
    );
  const headers = new Headers();
  for (const [name, value] of from.headers) {
    if (body === undefined && name.startsWith('content-')) continue;
    if (sameOrigin || KEPT_ACROSS_ORIGINS.has(name)) headers.append(name, value);
  }
  return { url, method: becomesGet ? 'GET' : from.method, headers, body };
}
