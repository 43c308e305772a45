// A room's past, written straight into the tables as many sends would have left it: millions of messages in seconds.
import pg from 'pg';

export interface Filling {
  databaseUrl: string;
  roomId: string;
  count: number;
  /** Taken in turn; `{n}` becomes the number of the message, from 1. */
  bodies: readonly string[];
}

/** The members of the room are the authors, in turn; one message a minute up to now. */
export async function fillRoom({ databaseUrl, roomId, count, bodies }: Filling): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Rows that are made from rows that exist need no looking up.
    await client.query('set session_replication_role = replica');
    await client.query(
      `create temporary table made on commit preserve rows as
         with authors as (
           select user_id, row_number() over (order by user_id) - 1 as nth, count(*) over () as of
           from memberships where room_id = '${roomId}')
         select gen_random_uuid() as id, r.tenant_id, r.id as room_id, r.last_seq + n as seq, a.user_id, n,
                now() - make_interval(mins => ${count} - n) as at
         from rooms r, generate_series(1, ${count}) n
         join authors a on a.nth = (n / 3) % a.of
         where r.id = '${roomId}'`,
    );
    await client.query(
      `insert into messages (id, tenant_id, room_id, seq, author_id, kind, body, created_at)
         select id, tenant_id, room_id, seq, user_id, 'text', replace(($1::text[])[1 + n % $2::int], '{n}', n::text), at from made`,
      [bodies, bodies.length],
    );
    await client.query(
      `insert into room_events (room_id, seq, tenant_id, type, message_id, created_at)
         select room_id, seq, tenant_id, 'new_message', id, at from made`,
    );
    await client.query(`update rooms set last_seq = last_seq + ${count} where id = '${roomId}'`);
    await client.query('drop table made');
    await client.query('analyze messages, room_events');
  } finally {
    await client.end();
  }
}
