// What the roles of members are called where people read them.
import type { Member } from '@parley/client';

export type Role = Member['role'];

export const ROLE_NAMES: Record<Role, string> = { owner: 'Owner', admin: 'Admin', member: 'Member' };
