// What every step of a run does, each in one round trip: its journal, the hold and the settlement of a model call, its end.
// They lock in the order in which transactions of the program do: stops, then what is spent or the run.
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  /** Adds a finished step under a lease. Answers how many words people have added; -1 when the lease is lost, -2 when a stop stands. */
  `create function journal_step(
    tenant uuid, agent uuid, room uuid, run uuid, epoch integer, lease_seconds double precision,
    number integer, step_kind text, step_data jsonb, input integer, output integer, cost double precision, ms integer,
    chosen_provider text, chosen_model text
  ) returns integer language plpgsql volatile as $$
  begin
    if agent_is_stopped(tenant, agent, room) then return -2; end if;
    update agent_runs set input_tokens = input_tokens + input, output_tokens = output_tokens + output,
      cost_usd = cost_usd + coalesce(cost, 0), provider = coalesce(chosen_provider, provider), model = coalesce(chosen_model, model),
      lease_until = now() + make_interval(secs => lease_seconds), updated_at = now()
    where tenant_id = tenant and id = run and lease_epoch = epoch and status = 'running';
    if not found then return -1; end if;
    insert into run_steps (run_id, step, tenant_id, kind, data, input_tokens, output_tokens, cost_usd, duration_ms)
    values (run, number, tenant, step_kind, step_data, input, output, cost, ms);
    return (select count(*)::integer from run_steers where run_id = run);
  end $$`,

  /** Ends a run with its answer, inside the transaction that stores it. Answers as above; -1 when the lease is lost. */
  `create function complete_run(tenant uuid, run uuid, epoch integer, reply uuid, chosen_provider text, chosen_model text, recovery integer)
  returns integer language plpgsql volatile as $$
  declare
    whose uuid;
  begin
    update agent_runs set status = 'completed', reply_message_id = reply, provider = chosen_provider, model = chosen_model,
      lease_until = null, updated_at = now(), finished_at = now()
    where tenant_id = tenant and id = run and lease_epoch = epoch and status = 'running'
    returning agent_id into whose;
    if not found then return -1; end if;
    update agent_health set failures = 0, successes = successes + 1, updated_at = now(),
      analysis_only_since = case when reason is distinct from 'set_by_owner' and successes + 1 >= recovery then null
        else analysis_only_since end
    where agent_id = whose and tenant_id = tenant and (failures > 0 or analysis_only_since is not null);
    return (select count(*)::integer from run_steers where run_id = run);
  end $$`,

  /** Holds what a call may cost where nobody has set a limit, and answers the day it counts for; null where a limit has to be looked at. */
  `create function hold_call(
    tenant uuid, owner uuid, agent uuid, run uuid, call_id uuid, call_provider text, call_model text,
    tokens bigint, cost bigint, hold_seconds double precision
  ) returns date language plpgsql volatile as $$
  declare
    today date := (now() at time zone 'utc')::date;
  begin
    if exists (select from budgets b where b.tenant_id = tenant and (b.target = 'tenant'
      or (b.target = 'owner' and b.target_id = owner) or (b.target = 'agent' and b.target_id = agent))) then
      return null;
    end if;
    insert into spending (tenant_id, target, target_id, day, held_tokens, held_micros)
    select tenant, payer.target, payer.id, payer.day, tokens, cost from (values
      (1, 'tenant', tenant, today), (2, 'owner', owner, today), (3, 'agent', agent, today),
      (4, 'run', run, coalesce((select (created_at at time zone 'utc')::date from agent_runs where id = run), today))
    ) payer (place, target, id, day)
    where payer.id is not null order by payer.place
    on conflict (tenant_id, target, target_id, day) do update
      set held_tokens = spending.held_tokens + excluded.held_tokens, held_micros = spending.held_micros + excluded.held_micros;
    insert into model_calls (id, tenant_id, agent_id, owner_id, run_id, day, provider, model, status, held_tokens, held_micros, held_until)
    values (call_id, tenant, agent, owner, run, today, call_provider, call_model, 'held', tokens, cost,
      now() + make_interval(secs => hold_seconds));
    return today;
  end $$`,

  /** Turns what a call holds into what it spent; once. */
  `create function settle_call(
    tenant uuid, call_id uuid, call_day date, outcome text, why text, call_model text, input bigint, output bigint, cost bigint
  ) returns void language plpgsql volatile as $$
  begin
    perform from spending where tenant_id = tenant and target = 'tenant' and day = call_day for update;
    with settled as (
      update model_calls set status = outcome, reason = why, model = coalesce(call_model, model),
        input_tokens = input, output_tokens = output, micros = cost, settled_at = now()
      where tenant_id = tenant and id = call_id and status = 'held'
      returning *)
    update spending s set calls = s.calls + 1, input_tokens = s.input_tokens + input, output_tokens = s.output_tokens + output,
      micros = s.micros + coalesce(cost, 0), unpriced_calls = s.unpriced_calls + case when cost is null then 1 else 0 end,
      held_tokens = s.held_tokens - settled.held_tokens, held_micros = s.held_micros - settled.held_micros
    from settled
    where s.tenant_id = tenant and (
      (s.day = settled.day and (s.target = 'tenant' or (s.target = 'owner' and s.target_id = settled.owner_id)
        or (s.target = 'agent' and s.target_id = settled.agent_id)))
      or (s.target = 'run' and s.target_id = settled.run_id));
  end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
