// Recomputes the chain of hashes of the whole record, part by part, and says whether anything was changed, removed or put in.
import { Button } from '@mantine/core';
import type { AuditVerdict } from '@parley/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../parts/errors.ts';
import { useClient } from '../session/use-client.ts';
import styles from '../tools/tools.module.css';

const VERIFY_LIMIT_MS = 60_000;

export function VerifyPanel() {
  const client = useClient();
  const [checked, setChecked] = useState(0);
  const verify = useMutation({
    async mutationFn() {
      let all = 0;
      let from = 1;
      const problems: AuditVerdict['problems'] = [];
      for (;;) {
        const verdict = await client.call('verify_audit', { fromSeq: from }, { timeoutMs: VERIFY_LIMIT_MS });
        all += verdict.checked;
        setChecked(all);
        problems.push(...verdict.problems);
        if (verdict.complete || verdict.toSeq < from) return { head: verdict.head, problems, checked: all };
        from = verdict.toSeq + 1;
      }
    },
    onMutate: () => setChecked(0),
  });
  const { data } = verify;
  return (
    <section className={styles.result} style={{ marginBlockEnd: '1.25rem' }} data-tone={toneOf(data)}>
      <div className={styles.head} style={{ marginBlockEnd: 0 }}>
        <div aria-live="polite">
          <h2 style={{ fontSize: 'var(--text-md)', fontWeight: 650 }}>{titleOf(verify.isPending, data)}</h2>
          <p className={styles.quiet}>
            {data === undefined
              ? verify.isPending
                ? `${checked.toLocaleString()} entries looked at…`
                : 'Every entry carries a hash of the one before, so that no change goes unseen.'
              : `${data.checked.toLocaleString()} entries looked at. The newest is no. ${data.head.seq}, ${data.head.hash.slice(0, 16)}…`}
          </p>
        </div>
        <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
          Check the record
        </Button>
      </div>
      {verify.isError && (
        <p className={styles.problem} role="alert">
          {messageOf(verify.error)}
        </p>
      )}
      {data !== undefined && data.problems.length > 0 && (
        <ul className={styles.checks}>
          {data.problems.map(({ seq, problem }) => (
            <li key={`${seq} ${problem}`} data-ok="false">
              no. {seq}: {problem}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

type Found = { problems: AuditVerdict['problems'] } | undefined;

const toneOf = (found: Found) =>
  found === undefined ? undefined : found.problems.length === 0 ? 'good' : 'bad';

function titleOf(isPending: boolean, found: Found): string {
  if (isPending) return 'Checking the record';
  if (found === undefined) return 'Is the record whole?';
  return found.problems.length === 0 ? 'The record is whole' : 'The record was tampered with';
}
