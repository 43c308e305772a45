// Results of tools that only look, given again for a while. Whoever asks, in whichever room and by whichever grant, is part of the
// key: nobody is given what was found for another. Must never hold the result of a tool that changes anything.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/clock.ts';
import type { ToolDecision } from './grants/contract.ts';
import type { Tool, ToolContext, ToolResult } from './tool.ts';

export interface ResultCache {
  find(call: CachedCall): ToolResult | undefined;
  keep(call: CachedCall, result: ToolResult): void;
}

interface CachedCall {
  tool: Tool;
  input: unknown;
  context: ToolContext;
  decision: ToolDecision;
}

const MOST_RESULTS = 2000;
/** Characters of one result; larger ones are not kept. */
const MOST_CHARS = 32_000;

export function createResultCache(clock: Clock): ResultCache {
  const kept = new LRUCache<string, ToolResult & object>({
    max: MOST_RESULTS,
    ttlAutopurge: false,
    ttl: 1,
    perf: { now: () => clock.now() },
    ttlResolution: 0,
  });
  const mayKeep = ({ tool, decision }: CachedCall): boolean =>
    (tool.cacheMs ?? 0) > 0 &&
    (tool.effect === 'pure' || tool.effect === 'read') &&
    decision.ruling === 'allow';
  return {
    find: (call) => (mayKeep(call) ? kept.get(keyOf(call)) : undefined),
    keep(call, result) {
      if (!mayKeep(call) || !result.ok || JSON.stringify(result.output).length > MOST_CHARS) return;
      kept.set(keyOf(call), result, { ttl: call.tool.cacheMs as number });
    },
  };
}

function keyOf({ tool, input, context, decision }: CachedCall): string {
  const { tenantId, agentId, asker, roomId } = context;
  // What was looked at to decide: when a right changes, so does the key.
  const permissions = decision.checks.map(({ check, ok, detail }) => [check, ok, detail]);
  const parts = [tenantId, agentId, asker.userId, roomId, permissions, decision.grantId ?? null];
  const what = [tool.name, tool.description, tool.fingerprint ?? null, input];
  return createHash('sha256')
    .update(JSON.stringify([parts, what]))
    .digest('base64url');
}
