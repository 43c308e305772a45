// Uploads: files that people send with messages, each content stored once in a tenant. Previews of links.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  // One content of a tenant; its object is stored under the id, which is the upload's that brought it.
  `create table blobs (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    sha256 text not null,
    bytes bigint not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, sha256)
  )`,
  `create table uploads (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    user_id uuid not null references users,
    name text not null,
    bytes bigint not null,
    content_type text,
    width integer,
    height integer,
    blob_id uuid references blobs,
    attached_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  'create index uploads_by_user on uploads (user_id, created_at)',
  'create index uploads_by_blob on uploads (blob_id)',
  'create index uploads_unused on uploads (created_at) where attached_at is null',
  `create table message_attachments (
    message_id uuid not null references messages,
    upload_id uuid not null references uploads,
    tenant_id uuid not null,
    room_id uuid not null,
    primary key (message_id, upload_id)
  )`,
  'create index message_attachments_by_upload on message_attachments (upload_id)',
  // What is shown with the message, so that reading it needs no other table.
  `alter table messages add column attachments jsonb not null default '[]'`,

  // What a page says of itself, by its address; shared by a tenant.
  `create table link_previews (
    tenant_id uuid not null references tenants,
    url_hash text not null,
    url text not null,
    preview jsonb,
    fetched_at timestamptz not null default now(),
    primary key (tenant_id, url_hash)
  )`,
  `alter table messages add column previews jsonb not null default '[]'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
