// The audit: what people and agents did that somebody may have to answer for, as a chain of hashes for each tenant. Rows are
// only ever added; each takes its place when its transaction commits, so that the chain is the last thing that waits for a lock.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // `entry` is what was hashed, to the letter; the other columns are read out of it and cannot say anything else.
  `create table audit_entries (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    entry text not null check (octet_length(entry) <= 16384),
    action text generated always as (entry::jsonb ->> 'action') stored,
    actor_id text generated always as (entry::jsonb ->> 'actorId') stored,
    agent_id text generated always as (entry::jsonb ->> 'agentId') stored,
    created_at timestamptz not null default now(),
    seq bigint,
    previous_hash text,
    hash text,
    unique (tenant_id, seq)
  )`,
  'create index audit_entries_by_agent on audit_entries (tenant_id, agent_id, seq)',
  'create index audit_entries_by_actor on audit_entries (tenant_id, actor_id, seq)',

  `create table audit_heads (
    tenant_id uuid primary key references tenants,
    seq bigint not null,
    hash text not null
  )`,

  // Fires when the transaction commits, after every other lock of it: two transactions never wait for each other over the chain.
  `create function audit_chain() returns trigger language plpgsql as $$
  declare
    head audit_heads;
    link text;
  begin
    insert into audit_heads (tenant_id, seq, hash) values (new.tenant_id, 0, '') on conflict do nothing;
    select * into head from audit_heads where tenant_id = new.tenant_id for update;
    link := encode(sha256(convert_to(concat_ws(E'\\n', head.hash, new.tenant_id, head.seq + 1, new.id,
      to_char(new.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), new.entry), 'UTF8')), 'hex');
    update audit_entries set seq = head.seq + 1, previous_hash = head.hash, hash = link where id = new.id;
    update audit_heads set seq = head.seq + 1, hash = link where tenant_id = new.tenant_id;
    return null;
  end $$`,
  `create constraint trigger audit_chain after insert on audit_entries
    deferrable initially deferred for each row execute function audit_chain()`,

  // The one change a row may see is that it takes its place.
  `create function audit_only_grows() returns trigger language plpgsql as $$
  begin
    if tg_op = 'UPDATE' and old.seq is null and new.seq is not null
      and (old.id, old.tenant_id, old.entry, old.created_at) is not distinct from (new.id, new.tenant_id, new.entry, new.created_at)
    then
      return new;
    end if;
    raise exception 'the audit is append-only' using errcode = 'insufficient_privilege';
  end $$`,
  `create trigger audit_only_grows before update or delete on audit_entries
    for each row execute function audit_only_grows()`,
  `create trigger audit_is_kept before truncate on audit_entries
    for each statement execute function audit_only_grows()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
