// A tool context for tests, at a fixed time.
import type { ToolContext } from '../../src/tools/tool.ts';

export function context(now = '2026-03-05T13:07:09.000Z'): ToolContext {
  return {
    tenantId: 'tenant',
    agentId: 'agent',
    runId: 'run',
    roomId: 'room',
    asker: { userId: 'sam', name: 'Sam' },
    now: new Date(now),
    signal: new AbortController().signal,
  };
}
