// The Phoenix Channels door over long-polling: one address, GET for what waits, POST for frames. The HTTP status is 200 for
// everything; the real one is in the body. What a poll was handed is kept until it has been written, so a cut poll loses nothing.
// A session lives on one node; requests that reach another are asked of it. Must never answer for a session that it does not hold.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bus } from '../../../core/bus.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { MAX_FRAME_BYTES } from '../../../core/json.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Metrics } from '../../../core/metrics.ts';
import type { Scope } from '../../../core/scope.ts';
import type { PhoenixConnection, PhoenixConnections } from './phoenix-connection.ts';
import { parseVersion } from './phoenix-frame.ts';
import { createPollQueue, type Deliver, type PollAnswer, type PollQueue } from './phoenix-longpoll-queue.ts';
import { createRemotePolls } from './phoenix-longpoll-remote.ts';
import { createPollTokens } from './phoenix-longpoll-token.ts';

export interface LongPollOptions {
  connections: PhoenixConnections;
  authenticate(token: string, via: 'phoenix'): Promise<Scope>;
  originAllowed(request: IncomingMessage): boolean;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  bus: Bus;
  nodeId: string;
  /** SECRET_KEY: tokens of sessions are sealed with it. */
  secret: string;
}

export const LONGPOLL_PATH = '/socket/longpoll';

/** A session that has not polled for this long has gone. */
const EXPIRY_MS = 15_000;
const SWEEP_MS = 5000;
const MAX_LINES = 100;
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SESSIONS = 20_000;

interface PollSession {
  token: string;
  connection: PhoenixConnection;
  queue: PollQueue;
  dead: boolean;
}

export function createPhoenixLongPoll(options: LongPollOptions) {
  const { clock, logger, metrics, bus, nodeId } = options;
  const tokens = createPollTokens(options.secret, nodeId);
  const sessions = new Map<string, PollSession>();
  const sweep = setInterval(() => {
    for (const session of sessions.values()) {
      if (session.queue.idleMs() > EXPIRY_MS) end(session, true);
    }
  }, SWEEP_MS);
  sweep.unref();

  function end(session: PollSession, abrupt: boolean): void {
    if (session.dead) return;
    session.dead = true;
    sessions.delete(session.token);
    session.connection.ended(abrupt);
    session.queue.end();
  }

  function open(version: 1 | 2, scope: Scope): PollSession {
    const token = tokens.issue();
    const slow = () => {
      metrics.slowConsumers.inc({ protocol: 'phoenix' });
      session.connection.slow();
      end(session, false);
    };
    const session: PollSession = {
      token,
      connection: { receive: () => {}, slow: () => {}, ended: () => {} },
      queue: createPollQueue({ token, clock, onOverflow: slow, onUnsure: () => end(session, true) }),
      dead: false,
    };
    session.connection = options.connections.open(version, scope, {
      text: (frame) => session.queue.put([frame]),
      // Raw bytes have no place in a JSON string.
      binary: () => {},
      write: (encoded) => session.queue.put(encoded.texts),
      close: () => end(session, false),
      slow,
    });
    sessions.set(token, session);
    return session;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '*');
    response.setHeader('vary', 'origin');
    if (!options.originAllowed(request)) return answer(response, { status: 403 });
    if (request.method === 'OPTIONS') return preflight(request, response);
    if (request.method !== 'GET' && request.method !== 'POST')
      return plain(response, 400, 'Use GET to poll and POST to send.');
    const given = url.searchParams.getAll('token');
    const header = request.headers['x-phoenix-longpoll-token'];
    const token = typeof header === 'string' ? header : (given.at(-1) ?? '');
    if (request.method === 'POST') return post(request, response, token);
    const owner = ownerOf(token);
    const deliver = deliverTo(response);
    const giveUp =
      owner === undefined ? sessions.get(token)?.queue.poll(deliver) : remote.poll(owner, token, deliver);
    if (giveUp === undefined) return begin(request, response, url, given);
    response.on('close', giveUp);
  }

  async function begin(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    given: string[],
  ): Promise<void> {
    const version = parseVersion(url.searchParams);
    if (version === undefined || sessions.size >= MAX_SESSIONS) return answer(response, { status: 403 });
    const header = request.headers['x-phoenix-authtoken'];
    // The session's token comes last, the user's own may stand before it.
    for (const token of [...(typeof header === 'string' ? [header] : []), ...given.reverse()]) {
      try {
        const session = open(version, await options.authenticate(token, 'phoenix'));
        return answer(response, { status: 410, token: session.token, messages: [] });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'unauthorized') {
          logger.warn({ err: error }, 'a sign-in could not be checked');
          return answer(response, { status: 500 });
        }
      }
    }
    return answer(response, { status: 403 });
  }

  /** The node that holds the session, when it is another. */
  function ownerOf(token: string): string | undefined {
    const owner = bus.shared ? tokens.ownerOf(token) : undefined;
    return owner === nodeId ? undefined : owner;
  }

  async function post(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
    const body = await read(request);
    if (body === undefined) return plain(response, 400, 'The body has more than 1 MiB; send less at once.');
    const isLines = request.headers['content-type'] === 'application/x-ndjson';
    const owner = ownerOf(token);
    answer(
      response,
      owner === undefined
        ? receive(sessions.get(token), body, isLines)
        : await remote.post(owner, token, body, isLines),
    );
  }

  function receive(session: PollSession | undefined, body: Buffer, isLines: boolean): PollAnswer {
    if (session === undefined) return { status: 410 };
    const lines = isLines ? body.toString('utf8').split(/\r?\n/).slice(0, MAX_LINES) : [body];
    for (const line of lines) {
      const frame =
        typeof line === 'string' && !line.startsWith('[') ? Buffer.from(line, 'base64') : Buffer.from(line);
      if (frame.length > MAX_FRAME_BYTES) {
        end(session, false);
        break;
      }
      session.connection.receive(frame, typeof line === 'string' && !line.startsWith('['));
      if (session.dead) break;
    }
    return { status: session.dead ? 408 : 200 };
  }

  const remote = createRemotePolls({
    bus,
    nodeId,
    held: {
      poll: (token, deliver) => sessions.get(token)?.queue.poll(deliver),
      post: (token, body, isLines) => receive(sessions.get(token), body, isLines),
      end(token) {
        const session = sessions.get(token);
        if (session !== undefined) end(session, true);
      },
    },
  });

  return {
    handle(request: IncomingMessage, response: ServerResponse): void {
      handle(request, response).catch((error: unknown) => {
        logger.error({ err: error }, 'a poll failed');
        answer(response, { status: 500 });
      });
    },
    /** Ends every session; their clients come back elsewhere. */
    stop(): void {
      clearInterval(sweep);
      remote.stop();
      for (const session of [...sessions.values()]) end(session, true);
    },
  };
}

/** Taken is what was written whole; what was cut before that goes back. */
function deliverTo(response: ServerResponse): Deliver {
  return (given, settle) => {
    if (response.destroyed) return settle(false);
    response.once('finish', () => settle(true));
    response.once('close', () => settle(false));
    answer(response, given);
  };
}

function answer(response: ServerResponse, body: PollAnswer): void {
  if (response.headersSent || response.destroyed) return;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.writeHead(200).end(JSON.stringify(body));
}

const plain = (response: ServerResponse, status: number, text: string): void =>
  void response.writeHead(status, { 'content-type': 'text/plain' }).end(text);

function preflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '');
  response.setHeader('access-control-allow-methods', 'get, post, options');
  response.setHeader('access-control-max-age', '3600');
  response.writeHead(200).end();
}

/** @returns undefined when it is too large */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
