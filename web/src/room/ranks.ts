// Who may act on whom: on those below alone, as far as roles tell; the server knows the rest. Pure.
import type { Member } from '@parley/client';

type Role = Member['role'];

const RANK: Record<Role, number> = { owner: 3, admin: 2, member: 0 };
const MODERATOR = 1;
const ADMINISTRATOR = 4;

interface Mine {
  role: Role | undefined;
  /** Of the server. */
  isAdmin: boolean;
  /** By my role, or because the room gave it to me. */
  acts: boolean;
}

/** @param theirs undefined for who left */
export function isAbove({ role, isAdmin, acts }: Mine, theirs: Role | undefined): boolean {
  if (!acts) return false;
  const mine = isAdmin ? ADMINISTRATOR : Math.max(MODERATOR, role === undefined ? 0 : RANK[role]);
  return mine > (theirs === undefined ? 0 : RANK[theirs]);
}
