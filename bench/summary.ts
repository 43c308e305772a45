// The last page of `npm run bench`: every target, what was measured, and beside what. Also as JSON with `--json <file>`.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { conditions } from './support/report.ts';
import { type TargetRow, targetTable } from './support/rows.ts';

const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'string' } } });
const rows = readFileSync(values.rows as string, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as TargetRow);
console.log(`\nTargets\n${conditions({})}\n\n${targetTable(rows)}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
