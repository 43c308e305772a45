// Ends sign-ins before their time: caches forget them, live connections close, on this node at once and on others by the
// bus. What the bus loses is read from the database. Must never let a revoked sign-in hear or do anything more.
import type { Bus } from './bus.ts';
import type { Logger } from './logger.ts';
import type { Scope } from './scope.ts';

/** `disconnected` takes no right away: whoever it closes may come back. */
export type RevocationReason =
  | 'signed_out'
  | 'key_revoked'
  | 'suspended'
  | 'removed'
  | 'rights_changed'
  | 'disconnected';

export interface Revocation {
  id: string;
  tenantId: string;
  /** Undefined: everyone of the tenant, or whoever holds the credential. */
  userId?: string | undefined;
  /** Undefined: every sign-in of the user. */
  credentialId?: string | undefined;
  reason: RevocationReason;
}

/** How a connection is closed: 4000–4499 may come back, 4500–4999 may not. */
export interface Ending {
  code: number;
  reason: RevocationReason | 'expired_token';
}

const CLOSE_CODES: Record<RevocationReason, number> = {
  signed_out: 4501,
  key_revoked: 4501,
  suspended: 4503,
  removed: 4503,
  rights_changed: 4001,
  disconnected: 4002,
};

export interface Revocations {
  /** Makes it true here, now, and on every other node soon. Call it after the commit. */
  announce(revocation: Revocation): void;
  /** Calls `end` at most once, when the scope's sign-in is revoked. The answer stops watching. */
  watch(scope: Scope, end: (ending: Ending) => void): () => void;
  /** For caches of sign-ins: forget what the revocation concerns. */
  onRevoked(listener: (revocation: Revocation) => void): void;
  /** Rises with each revocation: what was read before a rise may be out of date. */
  count(): number;
  start(): Promise<void>;
  stop(): void;
}

export interface RevocationsDeps {
  bus: Bus;
  logger: Logger;
  /** The revocations of the last minute, where other nodes may make some; undefined on a single node. */
  readRecent?: (() => Promise<Revocation[]>) | undefined;
}

const TOPIC = 'control';
const TICK_MS = 1000;
/** The database is looked at each tick while the bus is down, else each so many ticks. */
const TICKS_WHEN_HEALTHY = 10;
/** Revocations remembered, to know repeats and sign-ins that were under way. */
const MEMORY = 10_000;

interface Watcher {
  scope: Scope;
  end(ending: Ending): void;
}

export function createRevocations({ bus, logger, readRecent }: RevocationsDeps): Revocations {
  const watchers = new Map<string, Set<Watcher>>();
  const listeners: ((revocation: Revocation) => void)[] = [];
  /** By id, in order of arrival, each with its number. */
  const known = new Map<string, { revocation: Revocation; number: number }>();
  let count = 0;
  let ticks = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  const undo: (() => void)[] = [];

  const keyOf = (tenantId: string, userId: string) => `${tenantId}:${userId}`;

  const concerns = ({ tenantId, userId, credentialId }: Revocation, scope: Scope): boolean =>
    scope.tenantId === tenantId &&
    (userId === undefined || scope.user.id === userId) &&
    (credentialId === undefined || scope.credentialId === credentialId);

  function remember(revocation: Revocation): boolean {
    if (known.has(revocation.id)) return false;
    count++;
    known.set(revocation.id, { revocation, number: count });
    if (known.size > MEMORY) known.delete(known.keys().next().value as string);
    return true;
  }

  function apply(revocation: Revocation): void {
    if (!remember(revocation)) return;
    for (const listener of listeners) listener(revocation);
    const { tenantId, userId } = revocation;
    const sets = userId === undefined ? [...watchers.values()] : [watchers.get(keyOf(tenantId, userId))];
    for (const watcher of sets.flatMap((set) => [...(set ?? [])]))
      if (concerns(revocation, watcher.scope)) end(watcher, revocation);
  }

  function end(watcher: Watcher, { reason }: Revocation): void {
    try {
      watcher.end({ code: CLOSE_CODES[reason], reason });
    } catch (error) {
      logger.error({ err: error }, 'a revoked connection could not be closed');
    }
  }

  async function look(): Promise<void> {
    if (readRecent === undefined || looking) return;
    looking = true;
    try {
      for (const revocation of await readRecent()) apply(revocation);
    } catch (error) {
      logger.warn({ err: error }, 'revocations of other nodes could not be read yet');
    } finally {
      looking = false;
    }
  }

  return {
    announce(revocation) {
      apply(revocation);
      bus.publish(TOPIC, { kind: 'signal', type: 'revoke', json: JSON.stringify(revocation) });
    },

    watch(scope, onEnd) {
      const key = keyOf(scope.tenantId, scope.user.id);
      const watcher: Watcher = {
        scope,
        end(ending) {
          unwatch();
          onEnd(ending);
        },
      };
      const unwatch = () => {
        const set = watchers.get(key);
        set?.delete(watcher);
        if (set?.size === 0) watchers.delete(key);
      };
      const set = watchers.get(key) ?? new Set();
      watchers.set(key, set.add(watcher));
      // Revoked between the check of the token and now. Later, so that the caller has its answer first.
      const { asOf = count } = scope;
      const missed =
        asOf === count
          ? undefined
          : [...known.values()].find(
              ({ revocation, number }) => number > asOf && concerns(revocation, scope),
            );
      if (missed !== undefined) queueMicrotask(() => end(watcher, missed.revocation));
      return unwatch;
    },

    onRevoked: (listener) => void listeners.push(listener),
    count: () => count,

    async start() {
      undo.push(
        bus.subscribe(TOPIC, (message) => {
          if (message.kind === 'signal' && message.type === 'revoke') apply(parse(message.json));
        }),
      );
      if (readRecent === undefined) return;
      // What was revoked before the start concerns nobody here.
      for (const revocation of await readRecent()) remember(revocation);
      undo.push(bus.onRecovered(() => void look()));
      timer = setInterval(() => {
        ticks++;
        if (!bus.healthy() || ticks % TICKS_WHEN_HEALTHY === 0) void look();
      }, TICK_MS);
    },

    stop() {
      clearInterval(timer);
      for (const step of undo.splice(0)) step();
      watchers.clear();
    },
  };
}

/** @throws Error when it is not one; the bus guards its listeners */
function parse(json: string): Revocation {
  const { id, tenantId, userId, credentialId, reason } = JSON.parse(json) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  if (typeof id !== 'string' || typeof tenantId !== 'string' || !Object.hasOwn(CLOSE_CODES, String(reason)))
    throw new Error('not a revocation');
  return {
    id,
    tenantId,
    userId: text(userId),
    credentialId: text(credentialId),
    reason: reason as RevocationReason,
  };
}
