// What a backup says of itself, and how a restored database is held against it: rows, extensions, migrations, and the room logs,
// which must be gapless (P2). Must run on any session, so that both databases are judged by the same words.

export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

export interface Manifest {
  format: 1;
  parley: string;
  createdAt: string;
  database: 'pglite' | 'postgres';
  /** As in server_version_num. */
  serverVersion: number;
  extensions: string[];
  migrations: string[];
  /** Rows by table, with its schema. */
  tables: Record<string, number>;
  /** SHA-256 by part of the archive. */
  parts: Record<string, string>;
  /** Uploaded files that the database knows, and how many of them are in the archive; backups made before had none. */
  files?: { listed: number; archived: number };
}

export const MANIFEST = 'manifest.json';

/** @throws Error when this file was made by another program, or by a newer one */
export function parseManifest(text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch {
    throw new Error('The manifest of the backup is damaged.');
  }
  if (manifest.format !== 1 || typeof manifest.tables !== 'object' || typeof manifest.parts !== 'object')
    throw new Error('The backup was made by a newer Parley; restore it with that version.');
  return manifest;
}

/** Describes a database that nobody changes meanwhile, or as one snapshot shows it. */
export async function describeDatabase(
  query: Query,
): Promise<Pick<Manifest, 'serverVersion' | 'extensions' | 'migrations' | 'tables'>> {
  const [version] = await query('show server_version_num');
  const extensions = await query(
    `select extname as name from pg_extension where extname <> 'plpgsql' order by 1`,
  );
  const migrations = await query('select name from parley_migrations order by 1');
  return {
    serverVersion: Number(version?.server_version_num),
    extensions: extensions.map((row) => String(row.name)),
    migrations: migrations.map((row) => String(row.name)),
    tables: await countRows(query),
  };
}

/** Tables of our schemas; parts of a table and what an extension brought are not counted on their own. */
export async function listTables(query: Query): Promise<string[]> {
  const rows = await query(`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'jobs') and c.relkind in ('r', 'p') and not c.relispartition
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by 1`);
  return rows.map((row) => String(row.name));
}

async function countRows(query: Query): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of await listTables(query)) {
    const [row] = await query(`select count(*)::text as rows from ${table}`);
    counts[table] = Number(row?.rows);
  }
  return counts;
}

/** What is wrong with the room logs; empty means nothing. */
export async function checkLogs(query: Query): Promise<string[]> {
  const gaps = await query(`
    select r.id, r.last_seq::text as last, count(e.seq)::text as entries, coalesce(max(e.seq), 0)::text as newest
    from rooms r left join room_events e on e.room_id = r.id
    group by r.id
    having count(e.seq) <> r.last_seq or coalesce(max(e.seq), 0) <> r.last_seq or coalesce(min(e.seq), 1) <> 1
    order by r.id limit 20`);
  const [lost] = await query(`
    select count(*)::text as messages from messages m
    where not exists (select from room_events e where e.room_id = m.room_id and e.seq = m.seq)`);
  return [
    ...gaps.map(
      (room) =>
        `The log of room ${room.id} is not gapless: ${room.entries} entries up to ${room.newest}, but the room is at ${room.last}.`,
    ),
    ...(Number(lost?.messages) === 0
      ? []
      : [`${lost?.messages} messages have no entry in their room's log.`]),
  ];
}

/** How a restored database differs from its manifest; empty means not at all. */
export async function compare(query: Query, manifest: Manifest, known: string[]): Promise<string[]> {
  const now = await describeDatabase(query);
  const problems: string[] = [];
  for (const [table, rows] of Object.entries(manifest.tables)) {
    if (now.tables[table] !== rows)
      problems.push(`${table} has ${now.tables[table] ?? 'no'} rows, but had ${rows} when it was backed up.`);
  }
  for (const extension of manifest.extensions) {
    if (!now.extensions.includes(extension)) problems.push(`The extension ${extension} is missing.`);
  }
  for (const name of unknownMigrations(manifest, known))
    problems.push(`The migration ${name} is not known to this version of Parley.`);
  return [...problems, ...(await checkLogs(query))];
}

export const unknownMigrations = (manifest: Manifest, known: string[]): string[] =>
  manifest.migrations.filter((name) => !known.includes(name));
