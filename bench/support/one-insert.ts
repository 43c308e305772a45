// One transaction a message: the room's counter and the row, as a server without group commit would write them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface BareMessage {
  id: string;
  roomId: string;
  author: string;
  body: string;
  createdAt: Date;
}

const SCHEMA = `
  create table if not exists bare_rooms (id text primary key, last_seq bigint not null default 0);
  create table if not exists bare_messages (id uuid primary key, room_id text not null, seq bigint not null,
    author text not null, body text not null, created_at timestamptz not null, unique (room_id, seq));`;
const TAKE_SEQ = `insert into bare_rooms (id, last_seq) values ($1, 1)
  on conflict (id) do update set last_seq = bare_rooms.last_seq + 1 returning last_seq`;
const INSERT =
  'insert into bare_messages (id, room_id, seq, author, body, created_at) values ($1, $2, $3, $4, $5, $6)';
/** As many as Parley's own pool. */
const POOL_SIZE = 10;

/** @param url Postgres; undefined means PGlite in a temporary folder */
export async function openStore(url: string | undefined): Promise<{ insert(m: BareMessage): Promise<void> }> {
  if (url === undefined) {
    const { PGlite } = await import('@electric-sql/pglite');
    const folder = mkdtempSync(join(tmpdir(), 'parley-bench-bare-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const pglite = await PGlite.create({ dataDir: folder });
    await pglite.exec(SCHEMA);
    return {
      insert: (m) =>
        pglite.transaction(async (tx) => {
          const { rows } = await tx.query<{ last_seq: number }>(TAKE_SEQ, [m.roomId]);
          await tx.query(INSERT, [m.id, m.roomId, rows[0]?.last_seq, m.author, m.body, m.createdAt]);
        }),
    };
  }
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE });
  await pool.query(SCHEMA);
  return {
    async insert(m) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const { rows } = await client.query(TAKE_SEQ, [m.roomId]);
        await client.query(INSERT, [m.id, m.roomId, rows[0].last_seq, m.author, m.body, m.createdAt]);
        await client.query('commit');
      } finally {
        client.release();
      }
    },
  };
}
