// What previews of links do: one job.
import type { JobDef } from '../../core/jobs.ts';
import type { Module } from '../../core/module.ts';

// biome-ignore lint/suspicious/noExplicitAny: a list of jobs with different data has no common type
export const previewsModule = (job: JobDef<any>): Module => ({
  name: 'previews',
  operations: [],
  jobs: [job],
});
