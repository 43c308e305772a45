// Several presence changes as one. Readers take what joins before what leaves, so a connection that came and went in between
// is in both: someone who was sent the state meanwhile has seen it. Pure.
import type { PresenceState } from './contract.ts';
import type { PresenceChange } from './roster.ts';
import { stateOf, type Tracked } from './roster-memory.ts';

/** Metas by their `phx_ref`. */
export interface GatheredChange {
  joins: Map<string, Tracked>;
  leaves: Map<string, Tracked>;
}

/** Adds a change to those before it. */
export function gather(gathered: GatheredChange, { joins, leaves }: PresenceChange): void {
  for (const kept of metasOf(joins)) gathered.joins.set(kept.meta.phx_ref, kept);
  for (const kept of metasOf(leaves)) gathered.leaves.set(kept.meta.phx_ref, kept);
}

export const told = ({ joins, leaves }: GatheredChange): PresenceChange => ({
  joins: stateOf(joins.values()),
  leaves: stateOf(leaves.values()),
});

const metasOf = (state: PresenceState): Tracked[] =>
  Object.entries(state).flatMap(([userId, { metas }]) => metas.map((meta) => ({ userId, meta })));
