// The HTTP server: REST, reference, health, metrics, the console's files. Sockets attach to the same port.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Express, type Request, type Response } from 'express';
import type { EventDef } from '../../../core/contract.ts';
import { AppError } from '../../../core/errors.ts';
import type { Limits } from '../../../core/limits.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Metrics } from '../../../core/metrics.ts';
import type { RawRoute, StreamRoute } from '../../../core/module.ts';
import type { Operations } from '../../../core/operation.ts';
import type { Scope } from '../../../core/scope.ts';
import { createApi } from './api.ts';
import { openapi } from './openapi.ts';
import { type OriginRule, originAllowed } from './origin.ts';
import { errorHandler, noSuchRoute } from './problem.ts';
import { referencePage } from './reference.ts';
import { serveStreams } from './streams.ts';

export interface HttpOptions {
  operations: Operations;
  events: EventDef[];
  rawRoutes: RawRoute[];
  streamRoutes: StreamRoute[];
  limits: Limits;
  authenticate(token: string, via: 'rest'): Promise<Scope>;
  origins: OriginRule;
  trustProxy: boolean;
  metrics: Metrics;
  metricsToken?: string | undefined;
  /** Folder of the built console; when it is missing a page says how to build it. */
  consoleDir: string;
  version: string;
  url: () => string;
  /** Names of what is not ready; empty means ready. */
  notReady(): Promise<string[]>;
  logger: Logger;
  mcp: {
    path: string;
    serve(request: Request, response: Response): Promise<void>;
    describe(request: Request, response: Response): void;
  };
}

const CSP = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self' ws: wss:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

export function createHttp(options: HttpOptions): Express {
  const { operations, events, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', options.trustProxy);
  app.set('query parser', 'simple');

  app.use((request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Content-Security-Policy', CSP);
    const { origin } = request.headers;
    if (origin !== undefined) {
      if (!originAllowed(request, options.origins)) {
        return next(
          new AppError(
            'forbidden',
            'origin_not_allowed',
            `Pages of ${origin.slice(0, 100)} may not use this server; add it to CORS_ORIGINS.`,
          ),
        );
      }
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader(
        'Access-Control-Expose-Headers',
        'Content-Disposition, Content-Range, Upload-Offset',
      );
      response.setHeader('Vary', 'Origin');
      if (request.method === 'OPTIONS') {
        response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
        response.setHeader(
          'Access-Control-Allow-Headers',
          'Authorization, Content-Type, Range, Upload-Offset',
        );
        response.setHeader('Access-Control-Max-Age', '3600');
        return void response.status(204).end();
      }
    }
    next();
  });

  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const missing = await options.notReady();
    response
      .status(missing.length === 0 ? 200 : 503)
      .json({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
  });
  app.get('/metrics', async (request, response) => {
    if (
      options.metricsToken !== undefined &&
      request.headers.authorization !== `Bearer ${options.metricsToken}`
    ) {
      throw new AppError('unauthorized', 'missing_token', 'Send METRICS_TOKEN as "Authorization: Bearer …".');
    }
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });

  app.get('/api/openapi.json', (_request, response) => {
    response.json(openapi(operations.list, events, { version: options.version, url: options.url() }));
  });
  app.get(
    '/api/docs',
    (_request, response) =>
      void response.type('html').send(referencePage(operations.list, events, options.version)),
  );
  // Phoenix's own paths answer like Phoenix when they are not upgraded.
  app.all(
    '/socket/websocket',
    (_request, response) =>
      void response
        .status(400)
        .type('text')
        .send('This is a WebSocket address; connect with a channels client.'),
  );
  app.all(options.mcp.path, (request, response) => options.mcp.serve(request, response));
  const described = '/.well-known/oauth-protected-resource';
  app.get([described, described + options.mcp.path], options.mcp.describe);
  serveRaw(app, options.rawRoutes);
  serveStreams(app, options.streamRoutes, options);
  app.use(createApi({ operations, authenticate: options.authenticate, logger: options.logger }));
  app.use('/api', noSuchRoute);
  app.use('/socket', noSuchRoute);
  serveConsole(app, options.consoleDir);
  app.use(noSuchRoute);
  app.use(errorHandler(options.logger));
  return app;
}

/** Routes that want the body as it was sent; before the one that parses JSON. */
function serveRaw(app: Express, routes: RawRoute[]): void {
  for (const { method, path, maxBytes, handle } of routes) {
    const body = express.raw({ type: () => true, limit: maxBytes, inflate: false });
    app[method](path, body, async (request, response) => {
      const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const query = Object.fromEntries(
        Object.entries(request.query).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        ),
      );
      const answer = await handle({ headers: request.headers, query, rawBody });
      response
        .status(answer.status)
        .setHeader('Cache-Control', 'no-store')
        .set(answer.headers ?? {});
      if ('text' in answer) response.type(answer.type).send(answer.text);
      else response.json(answer.body);
    });
  }
}

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title><body style="font:16px/1.6 system-ui;margin:4rem auto;max-width:34rem;padding:0 1rem"><h1>Parley is running</h1><p>The console is not built yet: <code>npm start</code> builds it. The API is here: <a href="/api/docs">reference</a>.</p></body></html>`;

function serveConsole(app: Express, dir: string): void {
  app.use(
    '/assets',
    express.static(join(dir, 'assets'), { immutable: true, maxAge: '365d', fallthrough: true }),
  );
  app.use(express.static(dir, { index: false, maxAge: 0, dotfiles: 'ignore' }));
  app.get(['/', '/rooms/*path', '/settings', '/agents', '/agents/*path'], (_request, response) => {
    const index = join(dir, 'index.html');
    response.setHeader('Cache-Control', 'no-cache');
    if (!existsSync(index)) return void response.status(200).type('html').send(NOT_BUILT);
    response.sendFile(index, { dotfiles: 'allow' });
  });
}
