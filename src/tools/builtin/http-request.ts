// Asks other servers what a model wants to know, through the guarded client. Every method acts outside, a GET as well: an address
// can carry away what the agent knows. Must never send a credential that a model wrote.
import { z } from 'zod';
import { exchange } from '../exchange.ts';
import type { GuardedFetch } from '../http-guard.ts';
import { defineTool, type Tool } from '../tool.ts';

const input = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: z.url({ protocol: /^https?$/ }).max(2000),
  headers: z
    .record(
      z.string().regex(/^[\w-]{1,64}$/, 'is a name such as accept-language'),
      z
        .string()
        .max(1000)
        .regex(/^[\x20-\x7e]*$/, 'has plain characters only'),
    )
    .refine((headers) => Object.keys(headers).length <= 20, 'has at most 20 entries')
    .refine(
      (headers) => !Object.keys(headers).some((name) => NOT_YOURS.test(name)),
      'may not have credentials, or headers that belong to the connection; a custom tool keeps credentials',
    )
    .optional(),
  body: z.union([z.string().max(50_000), z.record(z.string(), z.unknown())]).optional(),
});

const NOT_YOURS =
  /^(authorization|proxy-.*|cookie|host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|x-forwarded-.*|forwarded)$/i;
/** Output: `{ status, headers, body, cut }`. */
export function createHttpRequest(fetch: GuardedFetch): Tool {
  return defineTool<z.infer<typeof input>>({
    name: 'http_request',
    description: 'Makes an HTTP request to a public address on the internet and answers what came back.',
    input,
    effect: 'write_external',
    timeoutMs: 35_000,
    permissions: [],
    preview: ({ method, url, body }) =>
      `${method} ${url}${body === undefined ? '' : `\n${typeof body === 'string' ? body : JSON.stringify(body)}`}`,
    execute({ method, url, headers = {}, body }, ctx) {
      const sent = method === 'GET' || method === 'HEAD' ? undefined : body;
      const isJson = sent !== undefined && typeof sent !== 'string';
      return exchange(
        fetch,
        {
          method,
          url,
          headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
          body: isJson ? JSON.stringify(sent) : sent,
        },
        ctx,
      );
    },
  });
}
