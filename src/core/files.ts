// Where files are, by the configuration: what is arriving in a folder of this node, the rest there too or in a bucket.
// Must never leave a folder behind that was only for this process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Objects } from './objects.ts';
import { createDiskObjects } from './objects-disk.ts';
import { createS3Objects } from './objects-s3.ts';

export interface Files {
  objects: Objects;
  /** Folder of what is still arriving. */
  parts(): Promise<string>;
  /** Removes what was only for this process. */
  remove(): Promise<void>;
}

/** @param inMemory nothing is to outlive the process: a folder for it is made when it is first needed */
export function createFiles(config: Config, inMemory: boolean): Files {
  let made: Promise<string> | undefined;
  const folder = (): Promise<string> | string => {
    if (!inMemory) return join(config.DATA_DIR, 'uploads');
    made ??= mkdtemp(join(tmpdir(), 'parley-uploads-'));
    return made;
  };
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId } = config;
  const { S3_SECRET_ACCESS_KEY: secretAccessKey, S3_REGION: region } = config;
  const inBucket =
    endpoint !== undefined &&
    bucket !== undefined &&
    accessKeyId !== undefined &&
    secretAccessKey !== undefined;
  return {
    objects: inBucket
      ? createS3Objects({ endpoint, bucket, region, accessKeyId, secretAccessKey })
      : createDiskObjects(async () => join(await folder(), 'files')),
    parts: async () => join(await folder(), 'parts'),
    async remove() {
      if (made !== undefined) await rm(await made, { recursive: true, force: true });
    },
  };
}
