// Composes everything about agents from the server's parts, so that app.ts only spreads the modules.
// Must never reach a transport: what rooms hear goes through the message log.
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Database } from '../core/db/database.ts';
import type { Events } from '../core/events.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Module } from '../core/module.ts';
import type { IdentityService } from '../server/identity/service.ts';

import type { MessageLog, MessagesService } from '../server/messages/service.ts';
import type { RoomsService } from '../server/rooms/service.ts';
import type { Llm } from './llm/llm.ts';

/** Presence as agents need it. Must not throw and must not wait. */
export interface AgentPresence {
  setAgentStatus(roomId: string, agentId: string, status: 'thinking' | 'editing' | 'idle' | 'error'): void;
}

export interface AgentsOverrides {
  /** Answers every model call instead of the configured providers; shown as the scripted provider. */
  llm?: Llm;
  /** Called at each boundary of a run's journal; a throw there is what a crash would be. For tests. */
  onBoundary?: (at: { boundary: string; runId: string; epoch: number }) => void | Promise<void>;
}

export interface AgentsLayerDeps {
  config: Config;
  database: Database;
  events: Events;
  jobs: Jobs;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
  log: MessageLog;
  presence: AgentPresence;
  overrides?: AgentsOverrides | undefined;
}

export interface AgentsLayer {
  /** Operations, events and jobs; spread into the app's list before `jobs.start`. */
  modules: Module[];
  /** Takes over what a stopped process left, starts leases and sweeping. After migration and `jobs.start`. */
  start(): Promise<void>;
  /** Parks runs in flight and releases their leases. Before `jobs.stop`. */
  stop(): Promise<void>;
  /** Makes the agent `@parley`, a member of the lobby; nothing happens if it is there. After migration. */
  ensureParley(tenantId: string, lobbyId: string): Promise<void>;
}

/** Listens to `events` from now on: create it before the first message is sent. */
export function createAgentsLayer(_deps: AgentsLayerDeps): AgentsLayer {
  return {
    modules: [],
    start: async () => {},
    stop: async () => {},
    ensureParley: async () => {},
  };
}
