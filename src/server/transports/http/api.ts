// REST: one route for every operation that names one. Path, query and body make one input, checked by the operation.
import express, { type Request, type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../../core/errors.ts';
import { MAX_FRAME_BYTES } from '../../../core/json.ts';
import type { Logger } from '../../../core/logger.ts';
import type { BoundOperation } from '../../../core/module.ts';
import type { Operations } from '../../../core/operation.ts';
import type { Scope } from '../../../core/scope.ts';
import { sendProblem } from './problem.ts';

export interface ApiOptions {
  operations: Operations;
  authenticate(token: string, via: 'rest'): Promise<Scope>;
  logger: Logger;
}

export function createApi({ operations, authenticate, logger }: ApiOptions): Router {
  const router = express.Router();
  router.use(
    express.json({
      limit: MAX_FRAME_BYTES,
      strict: false,
      type: ['application/json', 'application/*+json'],
      inflate: false,
    }),
  );
  // Literal paths first: `/rooms/direct` before `/rooms/:roomId`.
  const routed = operations.list
    .filter((o) => o.def.rest !== undefined)
    .sort((a, b) => specificity(b) - specificity(a));
  for (const operation of routed) {
    const { method, path, status, cookie } = operation.def.rest as NonNullable<BoundOperation['def']['rest']>;
    const coerce = queryCoercion(operation.def.input);
    // Clients that only know PUT for a change may use it.
    const route = router.route(path);
    const register = (serve: RequestHandler) =>
      method === 'patch' ? route.patch(serve).put(serve) : route[method](serve);
    register(async (request, response) => {
      try {
        const scope = await scopeOf(request, authenticate, operation.def.permission === 'public');
        const input = inputOf(request, coerce);
        const output = await operations.call(operation, scope, input, {
          surface: 'rest',
          address: request.ip ?? '',
        });
        if (cookie !== undefined) response.append('Set-Cookie', cookie(output as never));
        response
          .status(status ?? 200)
          .setHeader('Cache-Control', 'no-store')
          .json(output);
      } catch (error) {
        sendProblem(response, error, logger);
      }
    });
  }
  return router;
}

const specificity = (operation: BoundOperation): number =>
  (operation.def.rest?.path.split('/') ?? []).reduce(
    (sum, part) => sum * 3 + (part.startsWith(':') ? 1 : 2),
    0,
  );

/** Who a request is from, by its token. @throws AppError unauthorized */
export async function scopeOf(
  request: Request,
  authenticate: ApiOptions['authenticate'],
  optional: boolean,
): Promise<Scope | undefined> {
  const header = request.headers.authorization;
  if (header === undefined || optional) return undefined;
  const match = /^Bearer (\S+)$/i.exec(header);
  if (match === null)
    throw new AppError('unauthorized', 'invalid_token', 'Send the token as "Authorization: Bearer …".');
  return authenticate(match[1] as string, 'rest');
}

type Coerce = (key: string, value: unknown) => unknown;

function inputOf(request: Request, coerce: Coerce): Record<string, unknown> {
  const body: unknown = request.body;
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw new AppError('invalid', 'invalid_input', 'The body must be a JSON object.');
  }
  const query = Object.fromEntries(
    Object.entries(request.query).map(([key, value]) => [key, coerce(key, value)]),
  );
  // What the path names wins over what the body says.
  return { ...query, ...(body as object | undefined), ...request.params };
}

/** A query is text; booleans and repeated values are made of it by the shape of the input. */
function queryCoercion(input: z.ZodType): Coerce {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, { type?: string }>;
  };
  return (key, value) => {
    const type = schema.properties?.[key]?.type;
    if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
    if (type === 'number' || type === 'integer')
      return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (type === 'array' && typeof value === 'string') return value.split(',');
    return value;
  };
}
