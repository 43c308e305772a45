// Rows of the table of targets, kept for the end of `npm run bench`: each benchmark writes down what it was asked to show.
import { appendFileSync } from 'node:fs';
import { table } from './report.ts';

/** Set by scripts/bench.mjs; where it is not, nothing is kept. */
const FILE = process.env.BENCH_ROWS;

export interface TargetRow {
  what: string;
  target: string;
  measured: string;
  /** Undefined where nothing was measured. */
  met: boolean | undefined;
  /** Beside whom, in the same run. */
  beside?: string | undefined;
}

export function keepRow(row: TargetRow): void {
  if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify(row)}\n`);
}

export const targetTable = (rows: TargetRow[]): string =>
  table(
    ['', 'target', 'measured', 'met', 'beside'],
    rows.map(({ what, target, measured, met, beside }) => [
      what,
      target,
      measured,
      met === undefined ? '-' : met ? 'yes' : 'no',
      beside ?? '',
    ]),
  );
