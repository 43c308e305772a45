// Who is here: folds presence states and diffs, metas keyed by phx_ref as phoenix.js does. Pure.
import type { PresenceEntry } from './api.ts';
import type { PresenceMeta, PresenceState } from './wire.ts';

export type Presence = Readonly<Record<string, PresenceEntry>>;

export function applyDiff(state: PresenceState, joins: PresenceState, leaves: PresenceState): PresenceState {
  const next: PresenceState = { ...state };
  for (const [userId, { metas }] of Object.entries(joins)) {
    const refs = new Set(metas.map((meta) => meta.phx_ref));
    const stay = (next[userId]?.metas ?? []).filter((meta) => !refs.has(meta.phx_ref));
    next[userId] = { metas: [...stay, ...metas] };
  }
  for (const [userId, { metas }] of Object.entries(leaves)) {
    const gone = new Set(metas.map((meta) => meta.phx_ref));
    const stay = (next[userId]?.metas ?? []).filter((meta) => !gone.has(meta.phx_ref));
    if (stay.length > 0) next[userId] = { metas: stay };
    else delete next[userId];
  }
  return next;
}

/** What is shown of it. Entries that did not change stay the same objects. */
export function summarise(state: PresenceState, before: Presence): Presence {
  const next: Record<string, PresenceEntry> = {};
  let changed = Object.keys(before).length !== Object.keys(state).length;
  for (const [userId, { metas }] of Object.entries(state)) {
    const entry = entryOf(metas);
    if (entry === undefined) continue;
    const old = before[userId];
    next[userId] = old !== undefined && same(old, entry) ? old : entry;
    changed ||= next[userId] !== old;
  }
  return changed ? next : before;
}

function entryOf(metas: readonly PresenceMeta[]): PresenceEntry | undefined {
  const first = metas[0];
  if (first === undefined) return undefined;
  const aiStatus = metas.findLast((meta) => meta.aiStatus !== undefined)?.aiStatus;
  const onlineAt = metas.reduce(
    (oldest, meta) => (meta.onlineAt < oldest ? meta.onlineAt : oldest),
    first.onlineAt,
  );
  return {
    role: first.role,
    onlineAt,
    connections: metas.length,
    ...(aiStatus === undefined ? {} : { aiStatus }),
  };
}

const same = (a: PresenceEntry, b: PresenceEntry): boolean =>
  a.role === b.role &&
  a.onlineAt === b.onlineAt &&
  a.connections === b.connections &&
  a.aiStatus === b.aiStatus;
