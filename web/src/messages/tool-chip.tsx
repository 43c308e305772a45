// One tool call of an agent: name and status at a glance, arguments and result when opened.
import type { ToolActivity } from '@parley/client';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import styles from './tool-chip.module.css';

const WORDS = { running: 'running', success: 'done', error: 'failed' } as const;

export function ToolChip({ tool }: { tool: ToolActivity }) {
  const details = [
    tool.input === undefined ? undefined : { name: 'Asked', text: asText(tool.input) },
    tool.output === undefined ? undefined : { name: 'Answered', text: tool.output },
    tool.error === undefined ? undefined : { name: 'Failed', text: tool.error },
  ].filter((detail) => detail !== undefined);
  const face = (
    <>
      <StatusIcon status={tool.status} />
      <span className={styles.name}>{tool.tool}</span>
      <span className="reader-only">, {WORDS[tool.status]}</span>
      {tool.durationMs !== undefined && <span className={styles.took}>{duration(tool.durationMs)}</span>}
    </>
  );
  if (details.length === 0)
    return (
      <span className={styles.chip} data-status={tool.status}>
        {face}
      </span>
    );
  return (
    <details className={styles.details}>
      <summary className={styles.chip} data-status={tool.status}>
        {face}
      </summary>
      <dl className={styles.card}>
        {details.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

export function ToolChips({ tools }: { tools: readonly ToolActivity[] }) {
  if (tools.length === 0) return null;
  return (
    <ul className={styles.chips} aria-label="Tools used">
      {tools.map((tool) => (
        <li key={tool.executionId}>
          <ToolChip tool={tool} />
        </li>
      ))}
    </ul>
  );
}

function StatusIcon({ status }: { status: ToolActivity['status'] }) {
  if (status === 'running') return <span className={styles.spinner} aria-hidden="true" />;
  const Icon = status === 'success' ? IconCheck : IconAlertTriangle;
  return <Icon size={14} stroke={2} aria-hidden="true" />;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}

const duration = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
