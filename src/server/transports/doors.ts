// All doors of one server behind one port: REST with the console, MCP, Socket.IO, Phoenix channels by websocket and long polling. Which
// path leads where is decided here and nowhere else. Must never know a module.
import { createServer, type IncomingMessage } from 'node:http';
import type { Bus } from '../../core/bus.ts';
import type { Config } from '../../core/config.ts';
import type { EventDef } from '../../core/contract.ts';
import type { DeliveryMemory } from '../../core/deliveries.ts';
import type { Module } from '../../core/module.ts';
import type { Scope, Surface } from '../../core/scope.ts';
import { originAllowed } from './http/origin.ts';
import { createHttp } from './http/server.ts';
import { createMcp, MCP_PATH } from './mcp.ts';
import { createClusterControl } from './realtime/cluster-control.ts';
import { createLocalConnections } from './realtime/connections.ts';
import { createPhoenix, PHOENIX_PATH } from './realtime/phoenix.ts';
import { createPhoenixConnections } from './realtime/phoenix-connection.ts';
import { createPhoenixLongPoll, LONGPOLL_PATH } from './realtime/phoenix-longpoll.ts';
import { createTestDoor } from './realtime/phoenix-test-pushes.ts';
import type { SessionDeps } from './realtime/session.ts';
import { createSocketIo } from './realtime/socketio.ts';

export interface DoorsDeps extends Omit<SessionDeps, 'connections' | 'topics' | 'deliveries'> {
  config: Config;
  /** Seals tokens of long polls. */
  secret: string;
  bus: Bus;
  modules: readonly Module[];
  events: EventDef[];
  deliveries: Pick<DeliveryMemory, 'ended' | 'recall'>;
  authenticate(token: string, via: Surface): Promise<Scope>;
  /** Folder of the built console. */
  consoleDir: string;
  url: () => string;
  /** Names of what is not ready; empty means ready. */
  notReady(): Promise<string[]>;
}

export function createDoors(deps: DoorsDeps) {
  const { config, secret, bus, modules, events, authenticate, consoleDir, url, notReady, ...common } = deps;
  const { operations, clock, limits, metrics, logger, deliveries } = common;
  const origins = { publicUrl: config.PUBLIC_URL, corsOrigins: config.CORS_ORIGINS };
  const local = createLocalConnections();
  const session = { ...common, topics: modules.flatMap((m) => m.topics ?? []), connections: local };
  const sockets = {
    ...session,
    authenticate,
    originAllowed: (request: IncomingMessage) => originAllowed(request, origins),
    drain: { clock, windowMs: config.DRAIN_WINDOW_MS },
  };
  const channels = createPhoenixConnections({
    ...session,
    events,
    testDoor: config.NODE_ENV === 'test' ? createTestDoor(bus) : undefined,
  });
  const longpoll = createPhoenixLongPoll({ ...sockets, connections: channels, bus, secret });
  const mcp = createMcp({
    operations,
    authenticate,
    hosts: () =>
      [config.PUBLIC_URL, ...config.CORS_ORIGINS].flatMap((address) =>
        address === undefined ? [] : [new URL(address).host],
      ),
    publicUrl: config.PUBLIC_URL,
    version: config.version,
    logger,
  });
  const web = createHttp({
    mcp: { path: MCP_PATH, serve: mcp.serve, describe: mcp.describe },
    operations,
    events,
    rawRoutes: modules.flatMap((m) => m.rawRoutes ?? []),
    streamRoutes: modules.flatMap((m) => m.streamRoutes ?? []),
    limits,
    authenticate,
    origins,
    trustProxy: config.TRUST_PROXY,
    metrics,
    metricsToken: config.METRICS_TOKEN,
    consoleDir,
    version: config.version,
    url,
    logger,
    notReady,
  });
  const http = createServer(
    { maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 },
    (request, response) =>
      request.url?.split('?', 1)[0] === LONGPOLL_PATH
        ? longpoll.handle(request, response)
        : web(request, response),
  );
  const socketio = createSocketIo({ ...sockets, http });
  const control = createClusterControl({
    io: socketio.io,
    local,
    recall: (asked) => deliveries.recall(asked, local.seats(asked.tenantId, asked.userId, asked.roomId)),
    logger,
    metrics,
    redisUrl: config.REDIS_URL,
  });
  const phoenix = createPhoenix({ ...sockets, connections: channels });
  http.on('upgrade', (request, socket, head) => {
    // A client that breaks off here must not end the process.
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === PHOENIX_PATH) return void phoenix.upgrade(request, socket, head);
    // Exactly what Socket.IO takes: anything else it would leave without an answer.
    if (path?.startsWith('/socket.io/')) return;
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  return {
    http,
    /** What is done to connections, and asked of them, on all nodes. */
    control,
    /** Closes sockets so that they come back elsewhere. */
    drain: () => Promise.all([socketio.drain(), phoenix.drain()]),
    async stop(): Promise<void> {
      socketio.stop();
      phoenix.stop();
      longpoll.stop();
      await mcp.stop();
      http.closeAllConnections();
    },
  };
}
