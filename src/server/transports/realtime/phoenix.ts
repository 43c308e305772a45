// The Phoenix Channels door over WebSocket, for unmodified phoenix.js and other channel clients.
// Must never close with 1000 (official clients would stay away), nor accept an upgrade only to refuse it afterwards.
import type { IncomingMessage } from 'node:http';
import type { Socket as Tcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { MAX_FRAME_BYTES } from '../../../core/json.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Metrics } from '../../../core/metrics.ts';
import type { Scope } from '../../../core/scope.ts';
import { type Drain, spread } from './drain.ts';
import { CLOSE, type PhoenixConnections } from './phoenix-connection.ts';
import { parseVersion, tokenFromProtocols, type Version } from './phoenix-frame.ts';
import { binaryFrame, MAX_QUEUED_BYTES, tcpOf, textFrames, writeJoined } from './wire.ts';

export interface PhoenixOptions {
  connections: PhoenixConnections;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  authenticate(token: string, via: 'phoenix'): Promise<Scope>;
  originAllowed(request: IncomingMessage): boolean;
  drain: Drain;
}

export const PHOENIX_PATH = '/socket/websocket';

/** A connection from which nothing came for this long is closed. */
const IDLE_MS = 60_000;
/** A client that does not read gets this long to take its close frame. */
const TERMINATE_AFTER_MS = 2000;

export function createPhoenix(options: PhoenixOptions) {
  const { connections, logger, metrics } = options;
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (protocols) => (protocols.has('phoenix') ? 'phoenix' : false),
  });
  let draining = false;

  /** Handles an upgrade on our path: every refusal is an HTTP status, before the upgrade. */
  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Nobody else listens until the sign-in is checked, and a client may break off before.
    const ignore = () => {};
    socket.on('error', ignore);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const protocols = request.headers['sec-websocket-protocol'];
    const version = parseVersion(url.searchParams);
    const acceptable = protocols === undefined || protocols.split(',').some((p) => p.trim() === 'phoenix');
    if (!options.originAllowed(request) || version === undefined || !acceptable)
      return refuse(socket, 403, 'Forbidden');
    if (request.method !== 'GET') return refuse(socket, 400, 'Bad Request');
    let scope: Scope;
    try {
      const token = tokenFromProtocols(protocols) ?? url.searchParams.getAll('token').at(-1) ?? '';
      scope = await options.authenticate(token, 'phoenix');
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthorized') return refuse(socket, 403, 'Forbidden');
      logger.warn({ err: error }, 'a sign-in could not be checked');
      return refuse(socket, 503, 'Service Unavailable');
    }
    if (socket.destroyed) return;
    // It was under way when the drain began: refused as a new connection is, so that it goes elsewhere.
    if (draining) return refuse(socket, 503, 'Service Unavailable');
    socket.off('error', ignore);
    wss.handleUpgrade(request, socket, head, (ws) => serve(ws, version, scope));
  }

  function serve(ws: WebSocket, version: Version, scope: Scope): void {
    const idle = setTimeout(() => ws.close(CLOSE.idle, 'nothing was received for 60 s'), IDLE_MS);

    function slow(): void {
      metrics.slowConsumers.inc({ protocol: 'phoenix' });
      connection.slow();
      ws.close(CLOSE.slow, 'slow_consumer');
      setTimeout(() => ws.terminate(), TERMINATE_AFTER_MS).unref();
    }
    /** @returns undefined when the connection takes nothing more */
    function open(): Tcp | undefined {
      const tcp = ws.readyState === ws.OPEN ? tcpOf(ws) : undefined;
      if (tcp === undefined || tcp.writableLength <= MAX_QUEUED_BYTES) return tcp;
      slow();
      return undefined;
    }
    const connection = connections.open(version, scope, {
      text(frame) {
        const tcp = open();
        if (tcp !== undefined) writeJoined(tcp, textFrames([frame]));
      },
      binary(frame) {
        const tcp = open();
        if (tcp !== undefined) writeJoined(tcp, binaryFrame(frame));
      },
      write: (encoded) => void open()?.write(encoded.bytes),
      close: (code, reason) => ws.close(code, reason),
      slow,
    });

    ws.on('message', (data, isBinary) => {
      idle.refresh();
      connection.receive(data as Buffer, isBinary);
    });
    ws.on('ping', () => idle.refresh());
    ws.on('error', (error) => logger.debug({ err: error }, 'socket error'));
    ws.on('close', (code) => {
      clearTimeout(idle);
      // 1000 and 1005: the client closed on purpose. Anything else may be a reload or a lost network.
      connection.ended(code !== 1000 && code !== 1005);
    });
  }

  return {
    upgrade,
    /** Resolves when every connection has ended, or was given its time to. */
    async drain(): Promise<void> {
      draining = true;
      const goodbye = (ws: WebSocket) =>
        new Promise<void>((resolve) => {
          if (ws.readyState === ws.CLOSED) return resolve();
          ws.once('close', () => resolve());
          ws.close(CLOSE.drain, 'the server is restarting');
        });
      await spread([...wss.clients], goodbye, options.drain);
    },
    stop(): void {
      for (const ws of wss.clients) ws.terminate();
      wss.close();
    },
  };
}

function refuse(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
