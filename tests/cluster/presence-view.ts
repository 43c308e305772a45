// Who is there, as a client knows it. Must never look at the server: what it was told is all it knows.
import type { PresenceChange } from '../../src/server/presence/roster.ts';

/** Folds by ref, as the protocol says, and remembers everybody who went missing, however shortly. */
export function createView() {
  const seats = new Map<string, string>();
  const missed: string[] = [];
  const people = () => new Set(seats.values());
  const fold = ({ joins, leaves }: PresenceChange) => {
    const before = people();
    for (const [user, { metas }] of Object.entries(joins))
      for (const { phx_ref } of metas) seats.set(phx_ref, user);
    for (const { metas } of Object.values(leaves)) for (const { phx_ref } of metas) seats.delete(phx_ref);
    const after = people();
    missed.push(...[...before].filter((user) => !after.has(user)));
  };
  return { people, missed, fold, connections: () => seats.size };
}
