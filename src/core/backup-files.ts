// Uploaded files in a backup: a list of all of them with their hashes, and their contents where the store keeps them on this disk or
// it is asked for. Must never hold a file in memory, nor put one back whose content is not what its hash says.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveReader, ArchiveWriter } from './backup-archive.ts';
import type { Query } from './backup-manifest.ts';
import type { Files } from './files.ts';
import { isUuid } from './ids.ts';
import type { Objects } from './objects.ts';

/** One line of the list. */
interface Listed {
  id: string;
  sha256: string;
  bytes: number;
  /** Its content is a part of the archive. */
  archived: boolean;
}

export const FILE_LIST = 'files.ndjson';
const PAGE = 1000;
/** Problems that are told one by one. */
const TOLD = 20;

const partOf = (id: string): string => `files/${id}`;

/** Every content that the database knows, in the order of their ids. */
async function* contents(query: Query): AsyncGenerator<Omit<Listed, 'archived'>> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await query(
      `select id::text, sha256, bytes::text from blobs where id > '${after}' order by id limit ${PAGE}`,
    );
    for (const row of rows)
      yield { id: String(row.id), sha256: String(row.sha256), bytes: Number(row.bytes) };
    if (rows.length < PAGE) return;
    after = String(rows.at(-1)?.id);
  }
}

const read = async (objects: Objects, { id, bytes }: { id: string; bytes: number }): Promise<Readable> =>
  bytes === 0 ? Readable.from([]) : objects.read(id, { start: 0, end: bytes - 1 });

/** @returns what is wrong with it; undefined means nothing */
async function check(objects: Objects, file: Omit<Listed, 'archived'>): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of await read(objects, file)) hash.update(chunk as Buffer);
  } catch {
    return `The file ${file.id} is missing, or cannot be read.`;
  }
  return hash.digest('hex') === file.sha256 ? undefined : `The file ${file.id} is not what was uploaded.`;
}

export interface FilesAdded {
  /** SHA-256 of the list. */
  sha256: string;
  files: number;
  archived: number;
  problems: string[];
}

/** @param withContents also what is in the files; otherwise each is read and held against its hash all the same */
export async function addFiles(
  query: Query,
  archive: ArchiveWriter,
  objects: Objects,
  withContents: boolean,
): Promise<FilesAdded> {
  const lines: string[] = [];
  const problems: string[] = [];
  let archived = 0;
  for await (const file of contents(query)) {
    // Read before it is added: a part that breaks off would spoil the archive.
    const problem = await check(objects, file);
    if (problem !== undefined) problems.push(problem);
    const whole = withContents && problem === undefined;
    if (whole) {
      await archive.add(partOf(file.id), (await read(objects, file)) as AsyncIterable<Uint8Array>);
      archived++;
    }
    lines.push(`${JSON.stringify({ ...file, archived: whole } satisfies Listed)}\n`);
  }
  const { sha256 } = await archive.add(FILE_LIST, Readable.from(lines.map((line) => Buffer.from(line))));
  return { sha256, files: lines.length, archived, problems };
}

async function* listed(archive: ArchiveReader): AsyncGenerator<Listed> {
  if (!archive.names.includes(FILE_LIST)) return;
  for await (const line of createInterface({
    input: archive.read(FILE_LIST),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const file = JSON.parse(line) as Listed;
    if (!isUuid(file.id)) throw new Error('The list of files in the backup is damaged.');
    yield file;
  }
}

/** Damaged contents of the archive; empty means none. */
export async function checkArchived(archive: ArchiveReader): Promise<string[]> {
  const problems: string[] = [];
  for await (const { id, sha256, archived } of listed(archive)) {
    if (!archived) continue;
    const whole = archive.names.includes(partOf(id)) && (await archive.sha256(partOf(id))) === sha256;
    if (!whole) problems.push(`The file ${id} in the backup is damaged.`);
  }
  return problems;
}

/** Puts archived contents into the store, and looks at those that stayed where they were. */
export async function putFiles(
  archive: ArchiveReader,
  { objects, parts }: Pick<Files, 'objects' | 'parts'>,
): Promise<{ files: number; problems: string[] }> {
  const folder = await parts();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const problems: string[] = [];
  let files = 0;
  for await (const { archived, ...file } of listed(archive)) {
    if (archived) {
      const path = join(folder, `restoring-${file.id}`);
      try {
        const hash = createHash('sha256');
        const hashing = new Transform({
          transform(chunk, _encoding, done) {
            hash.update(chunk);
            done(null, chunk);
          },
        });
        await pipeline(archive.read(partOf(file.id)), hashing, createWriteStream(path, { mode: 0o600 }));
        if (hash.digest('hex') === file.sha256) await objects.put(file.id, { ...file, path });
        else problems.push(`The file ${file.id} in the backup is damaged.`);
      } finally {
        await rm(path, { force: true });
      }
      files++;
      continue;
    }
    const problem = await check(objects, file);
    if (problem !== undefined) problems.push(problem);
  }
  return { files, problems: few(problems) };
}

/** Files of the database that are missing or altered; empty means none. */
export async function checkFiles(query: Query, objects: Objects): Promise<string[]> {
  const problems: string[] = [];
  for await (const file of contents(query)) {
    const problem = await check(objects, file);
    if (problem !== undefined) problems.push(problem);
  }
  return few(problems);
}

const few = (problems: string[]): string[] =>
  problems.length <= TOLD
    ? problems
    : [...problems.slice(0, TOLD), `And ${problems.length - TOLD} more files.`];
