// Cards of messages and what was done with them; what agents are asked by other ways than a message; where presses of cards that
// a service posted are told.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  /** What is shown, with the newest of what was done with each action. */
  `alter table messages add column cards jsonb not null default '[]'`,

  /** One row for each press. Under one id there is one, however often it is sent. */
  `create table card_actions (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    message_id uuid not null references messages,
    action_id text not null,
    press_id uuid not null,
    user_id uuid not null references users,
    value jsonb,
    version integer not null,
    tries integer not null default 0,
    told_at timestamptz,
    told_status text,
    created_at timestamptz not null default now(),
    unique (message_id, action_id, press_id)
  )`,
  `create index card_actions_user on card_actions (tenant_id, user_id)`,

  /** In place of a message: what began a run that somebody asked for by a card or a command. */
  `create table agent_asks (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    room_id uuid not null references rooms,
    agent_id uuid not null references users,
    asker_id uuid not null references users,
    kind text not null,
    text text not null,
    thread_id uuid,
    message_id uuid references messages,
    after_seq bigint not null,
    created_at timestamptz not null default now()
  )`,
  `create index agent_asks_asker on agent_asks (tenant_id, asker_id)`,
  `create index agent_asks_message on agent_asks (message_id) where message_id is not null`,

  `alter table incoming_webhooks add column actions_url text, add column actions_secret text`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
