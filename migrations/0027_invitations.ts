// Ways into a room: links, of which only the hash is kept, and invitations of somebody by name.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table room_invites (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    token_hash text not null unique,
    role text not null check (role in ('admin', 'member')),
    max_uses integer check (max_uses > 0),
    uses integer not null default 0,
    expires_at timestamptz,
    created_by uuid not null references users,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    revoked_by uuid references users,
    check (max_uses is null or uses <= max_uses)
  )`,
  'create index room_invites_of_room on room_invites (room_id, id)',

  // One use a person, however often he comes by the link.
  `create table room_invite_uses (
    invite_id uuid not null references room_invites,
    user_id uuid not null references users,
    tenant_id uuid not null references tenants,
    used_at timestamptz not null default now(),
    primary key (invite_id, user_id)
  )`,

  `create table room_invitations (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    user_id uuid not null references users,
    invited_by uuid not null references users,
    status text not null default 'pending' check (status in ('pending', 'accepted', 'declined')),
    created_at timestamptz not null default now(),
    decided_at timestamptz
  )`,
  `create unique index room_invitations_pending on room_invitations (room_id, user_id) where status = 'pending'`,
  `create index room_invitations_of on room_invitations (user_id, id) where status = 'pending'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
