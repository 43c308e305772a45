// Serves routes whose body or answer is a stream: files that come in and go out. Must never hold a whole one in memory, nor keep
// reading for a caller who has gone.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Express } from 'express';
import { AppError } from '../../../core/errors.ts';
import type { Limits } from '../../../core/limits.ts';
import type { Logger } from '../../../core/logger.ts';
import type { StreamRoute } from '../../../core/module.ts';
import { requireAllowed } from '../../../core/operation.ts';
import type { Scope } from '../../../core/scope.ts';
import { scopeOf } from './api.ts';
import { sendProblem } from './problem.ts';

export function serveStreams(
  app: Express,
  routes: StreamRoute[],
  {
    authenticate,
    limits,
    logger,
  }: {
    authenticate(token: string, via: 'rest'): Promise<Scope>;
    limits: Limits;
    logger: Logger;
  },
): void {
  for (const route of routes) {
    app[route.method](route.path, async (request, response) => {
      const gone = new AbortController();
      response.once('close', () => {
        if (!response.writableFinished) gone.abort(new Error('the caller has gone'));
      });
      try {
        const open = route.permission === 'address';
        const scope = open ? undefined : await scopeOf(request, authenticate, false);
        if (!open) requireAllowed(requireScope(scope), route.name);
        if (route.rate !== undefined) limits.take(route.rate, scope?.user.id ?? request.ip ?? '');
        const answer = await route.handle({
          scope,
          params: request.params as Record<string, string>,
          query: request.query,
          headers: request.headers,
          body: request,
          signal: gone.signal,
        });
        response.status(answer.status);
        response.setHeader('Cache-Control', 'no-store');
        for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
        if (answer.body instanceof Readable) await pipeline(answer.body, response).catch(() => undefined);
        else if (answer.body !== undefined) response.json(answer.body);
        else response.end();
      } catch (error) {
        if (response.headersSent || gone.signal.aborted) return void response.destroy();
        // What is still coming is not waited for.
        if (!request.complete) response.setHeader('Connection', 'close');
        sendProblem(response, error, logger);
      }
    });
  }
}

function requireScope(scope: Scope | undefined): Scope {
  if (scope !== undefined) return scope;
  throw new AppError(
    'unauthorized',
    'missing_token',
    'Sign in first and send the token as "Authorization: Bearer …".',
  );
}
