// Erases what agents keep of a person who is erased: memories with all that was made from them, what was said while runs were
// steered, and the contents of the records of runs that the person asked for. Counts what it found.
import { sql } from 'kysely';
import type { Database } from '../../core/db/database.ts';

interface Forgets {
  forgetAsked(
    holder: { tenantId: string; agentId: string },
    userId: string,
  ): Promise<{ counts: Record<string, number> }>;
}

interface Wipes {
  wipe(
    tenantId: string,
    roomId: string,
    which: { ids: string[] },
    limit: number,
  ): Promise<{ messages: number; versions: number }>;
}

/** Messages of one transaction. */
const STEP = 50;

export function createAgentErasure({
  database,
  memory,
  messages,
}: {
  database: Database;
  memory: Forgets;
  messages: Wipes;
}) {
  const { db } = database;

  return async (tenantId: string, userId: string): Promise<Record<string, number>> => {
    const underWay = await db
      .selectFrom('agentRuns')
      .select('id')
      .where('tenantId', '=', tenantId)
      .where('askerId', '=', userId)
      .where('status', '=', 'running')
      .executeTakeFirst();
    // It would write again what is erased here; the job comes back.
    if (underWay !== undefined) throw new Error('A run that this person asked for is still under way.');
    const counts: Record<string, number> = {};
    const add = (name: string, n: number) => {
      counts[name] = (counts[name] ?? 0) + n;
    };
    const agents = await db.selectFrom('aiAgents').select('id').where('tenantId', '=', tenantId).execute();
    for (const { id: agentId } of agents) {
      const { counts: found } = await memory.forgetAsked({ tenantId, agentId }, userId);
      for (const [name, n] of Object.entries(found)) add(name, n);
    }
    // Answers say again what was asked.
    const { rows: answers } = await sql<{ roomId: string; id: string }>`
      select m.room_id, m.id from agent_runs r join messages m on m.id = r.reply_message_id and m.deleted_at is null
      where r.tenant_id = ${tenantId} and r.asker_id = ${userId}`.execute(db);
    for (const [roomId, group] of Map.groupBy(answers, (answer) => answer.roomId)) {
      for (let at = 0; at < group.length; at += STEP) {
        const ids = group.slice(at, at + STEP).map(({ id }) => id);
        const gone = await messages.wipe(tenantId, roomId, { ids }, STEP);
        add('answers', gone.messages);
        add('versions', gone.versions);
      }
    }
    await database.transaction(async (tx) => {
      const runs = sql`select id from agent_runs where tenant_id = ${tenantId} and asker_id = ${userId}`;
      const gone = `{"erased": true}`;
      const steps = await sql`
        update run_steps set data = ${gone}::jsonb
        where tenant_id = ${tenantId} and run_id in (${runs}) and data <> ${gone}::jsonb returning 1`.execute(
        tx,
      );
      const calls = await sql`
        update tool_executions set input_data = ${gone}::jsonb, output_data = null, error_message = null
        where tenant_id = ${tenantId} and run_id in (${runs}) and input_data <> ${gone}::jsonb returning 1`.execute(
        tx,
      );
      await sql`update agent_runs set partial = null where tenant_id = ${tenantId} and asker_id = ${userId}`.execute(
        tx,
      );
      const steers = await sql`
        update run_steers set text = '' where tenant_id = ${tenantId} and by_id = ${userId} and text <> '' returning 1`.execute(
        tx,
      );
      await sql`
        update agent_asks set text = '' where tenant_id = ${tenantId} and asker_id = ${userId} and text <> ''`.execute(
        tx,
      );
      const words = await sql`
        update agent_feedback set comment = null
        where tenant_id = ${tenantId} and user_id = ${userId} and comment is not null returning 1`.execute(
        tx,
      );
      add('traces', steps.rows.length + calls.rows.length);
      add('steers', steers.rows.length);
      add('comments', words.rows.length);
    });
    return counts;
  };
}
