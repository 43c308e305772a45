// What an agent did with its tools, newest first: each call opens into what it was given and what came back.
import { Button, Select } from '@mantine/core';
import type { Agent, ToolExecution } from '@parley/client';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import fields from '../agents/fields.module.css';
import { toolWords } from '../agents/words.ts';
import { FoldRow } from '../parts/fold-row.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { formatDay, formatFull, formatTime } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import styles from './tools.module.css';
import { durationWords } from './words.ts';

const STATUS: Record<ToolExecution['executionStatus'], string> = {
  pending: 'under way',
  success: 'done',
  error: 'failed',
  unknown: 'nobody knows what became of it',
};

export const toolCallsKey = (agentId: string) => ['tool-calls', agentId];

export function ToolCalls({ agent, tools }: { agent: Agent; tools: readonly string[] }) {
  const client = useClient();
  const [tool, setTool] = useState<string | null>(null);
  const query = useInfiniteQuery({
    queryKey: [...toolCallsKey(agent.id), tool],
    queryFn: ({ signal, pageParam }) =>
      client.call(
        'list_tool_executions',
        {
          agentId: agent.id,
          limit: 20,
          ...(tool !== null && { tool }),
          ...(pageParam && { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const calls = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className={fields.section}>
      <div className={styles.head}>
        <h2>What it did with them</h2>
        {(calls.length > 0 || tool !== null) && (
          <Select
            aria-label="Calls of"
            placeholder="All tools"
            clearable
            data={tools.map((name) => ({ value: name, label: toolWords(name) }))}
            value={tool}
            onChange={setTool}
          />
        )}
      </div>
      {stateOf({ query, what: 'its calls' }) ??
        (calls.length === 0 ? (
          <p className={styles.quiet}>
            {tool === null ? 'It has used no tool yet.' : `It has not used ${toolWords(tool)} yet.`}
          </p>
        ) : (
          <>
            <ul className={styles.rows}>
              {calls.map((call) => (
                <CallRow key={call.id} call={call} />
              ))}
            </ul>
            {query.hasNextPage && (
              <Button
                mt="md"
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => query.fetchNextPage()}
              >
                Show older
              </Button>
            )}
          </>
        ))}
    </section>
  );
}

function CallRow({ call }: { call: ToolExecution }) {
  const failed = call.executionStatus === 'error' || call.executionStatus === 'unknown';
  return (
    <FoldRow
      title={
        <>
          {toolWords(call.toolName)}
          <span className={failed ? styles.problem : styles.quiet}>{STATUS[call.executionStatus]}</span>
        </>
      }
      about={[
        call.runId === undefined ? 'by hand' : 'by the agent',
        `${formatDay(call.executedAt)}, ${formatTime(call.executedAt)}`,
        ...(call.errorMessage === undefined ? [] : [call.errorMessage]),
      ].join(' · ')}
      side={
        call.executionTimeMs !== undefined && (
          <span title={formatFull(call.executedAt)}>{durationWords(call.executionTimeMs)}</span>
        )
      }
    >
      <Data name="Given" value={call.inputData} />
      {call.outputData !== null && call.outputData !== undefined && (
        <Data name="Came back" value={call.outputData} />
      )}
    </FoldRow>
  );
}

export function Data({ name, value }: { name: string; value: unknown }) {
  return (
    <div className={styles.part}>
      <h3>{name}</h3>
      <pre className={styles.raw}>
        {typeof value === 'string' ? value : JSON.stringify(value ?? null, undefined, 2)}
      </pre>
    </div>
  );
}
