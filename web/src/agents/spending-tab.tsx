// What an agent may spend and has spent: limits for a day and for one answer, and the days so far.
import { Button, NumberInput } from '@mantine/core';
import type { Agent, InputOf, ReplyOf } from '@parley/client';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { stateOf } from '../parts/query-state.tsx';
import { useClient, useStore } from '../session/use-client.ts';
import fields from './fields.module.css';
import styles from './spending-tab.module.css';

type Budget = ReplyOf<'get_budget'>;
type Limits = Budget['limits'];

const LIMITS: { name: keyof Limits; label: string; prefix?: string; decimals: number }[] = [
  { name: 'costUsdPerDay', label: 'Dollars a day', prefix: '$', decimals: 4 },
  { name: 'tokensPerDay', label: 'Tokens a day', decimals: 0 },
  { name: 'costUsdPerRun', label: 'Dollars an answer', prefix: '$', decimals: 4 },
  { name: 'tokensPerRun', label: 'Tokens an answer', decimals: 0 },
];

const budgetKey = (agent: Agent) => ['budget', agent.id];

export function SpendingTab({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useQuery({
    queryKey: budgetKey(agent),
    queryFn: ({ signal }) => client.call('get_budget', { target: 'agent', targetId: agent.id }, { signal }),
    refetchInterval: 15_000,
  });
  const budget = query.data;
  return (
    stateOf({ query, what: 'what it spends' }) ??
    (budget === undefined ? null : (
      <>
        <Today budget={budget} />
        <LimitsForm agent={agent} budget={budget} />
        <Days agent={agent} />
      </>
    ))
  );
}

function Today({ budget: { today, limits } }: { budget: Budget }) {
  const tokens = today.inputTokens + today.outputTokens;
  return (
    <section className={fields.section}>
      <h2>Today</h2>
      <dl className={styles.facts}>
        <Fact name="Calls of models" value={today.calls.toLocaleString()} />
        <Fact name="Tokens" value={ofLimit(tokens.toLocaleString(), limits.tokensPerDay?.toLocaleString())} />
        <Fact
          name="Cost"
          value={ofLimit(
            dollars(today.costUsd),
            limits.costUsdPerDay === null ? undefined : dollars(limits.costUsdPerDay),
          )}
        />
      </dl>
      {today.unpricedCalls > 0 && (
        <p className={fields.hint}>{today.unpricedCalls} calls went to models without a known price.</p>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const ofLimit = (value: string, limit: string | undefined): string =>
  limit === undefined ? value : `${value} of ${limit}`;

function LimitsForm({ agent, budget }: { agent: Agent; budget: Budget }) {
  const client = useClient();
  const queries = useQueryClient();
  const isAdmin = useStore(client.state).me?.role === 'admin';
  // An administrator sets his own limits beside the owner's; the stricter one holds.
  const mine = isAdmin ? budget.byAdministrators : budget.byOwner;
  const [draft, setDraft] = useState<Partial<Limits>>({});
  const save = useMutation({
    mutationFn: (limits: Partial<Limits>) =>
      client.call('set_budget', { target: 'agent', targetId: agent.id, ...limits } as InputOf<'set_budget'>),
    onSuccess(saved) {
      queries.setQueryData(budgetKey(agent), saved);
      setDraft({});
    },
  });
  const changed = Object.keys(draft).length > 0;
  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate(draft);
  }
  return (
    <form className={fields.section} onSubmit={submit}>
      <h2>Limits</h2>
      <p className={fields.hint}>
        Empty is no limit. A call that would exceed one is refused before it leaves
        {isAdmin ? '; beside these, the owner’s own limits hold.' : '; administrators may set stricter ones.'}
      </p>
      <div className={fields.sliders}>
        {LIMITS.map(({ name, label, prefix, decimals }) => (
          <NumberInput
            key={name}
            label={label}
            min={0}
            decimalScale={decimals}
            thousandSeparator=","
            hideControls
            {...(prefix === undefined ? {} : { prefix })}
            placeholder="no limit"
            value={(name in draft ? draft[name] : mine?.[name]) ?? ''}
            onChange={(value) =>
              setDraft((was) => ({
                ...was,
                [name]: typeof value === 'number' ? value : value === '' ? null : Number(value),
              }))
            }
          />
        ))}
      </div>
      <div className={fields.foot}>
        <p role="status" data-tone={save.isError ? 'problem' : undefined}>
          {save.isError ? messageOf(save.error) : save.isSuccess && !changed ? 'Saved.' : ''}
        </p>
        <Button type="submit" disabled={!changed} loading={save.isPending}>
          Save limits
        </Button>
      </div>
    </form>
  );
}

function Days({ agent }: { agent: Agent }) {
  const client = useClient();
  const query = useQuery({
    queryKey: ['usage', agent.id],
    queryFn: ({ signal }) => client.call('get_usage', { target: 'agent', targetId: agent.id }, { signal }),
  });
  const days = query.data?.days ?? [];
  return (
    <section className={fields.section}>
      <h2>The last 30 days</h2>
      {stateOf({ query, what: 'its days' }) ??
        (days.length === 0 ? (
          <p className={fields.hint}>It has called no model yet.</p>
        ) : (
          <table className={styles.days}>
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">Calls</th>
                <th scope="col">Tokens</th>
                <th scope="col">Cost</th>
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((day) => (
                <tr key={day.day}>
                  <th scope="row">{day.day}</th>
                  <td>{day.calls.toLocaleString()}</td>
                  <td>{(day.inputTokens + day.outputTokens).toLocaleString()}</td>
                  <td>{dollars(day.costUsd)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
    </section>
  );
}

const dollars = (n: number): string =>
  n === 0 ? '$0' : n < 0.01 ? `$${n.toPrecision(2)}` : `$${n.toFixed(2)}`;
