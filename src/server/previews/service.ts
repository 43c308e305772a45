// Previews of links: pages are read by a job after the message is committed, through the guarded client, once a day for a tenant.
// Must never fetch for a room that wants none, nor put a preview to words that were changed meanwhile.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import type { JobDef, Jobs } from '../../core/jobs.ts';
import type { Outgoing } from '../../core/outgoing.ts';
import type { LinkPreview } from '../messages/contract.ts';
import type { MessageChanged, MessageSent, MessagesService } from '../messages/service.ts';
import type { SettingsService } from '../settings/service.ts';
import { linksIn, previewOf } from './page.ts';

interface Wanted {
  tenantId: string;
  messageId: string;
}

const JOB = 'previews.fetch';
/** Of a page: what it says of itself stands at its start. */
const MOST_BYTES = 512 * 1024;
const TOTAL_MS = 8000;

export function createPreviews(deps: {
  database: Database;
  events: Events;
  jobs: Jobs;
  messages: MessagesService;
  settings: SettingsService;
  fetch: Outgoing;
}): JobDef<Wanted> {
  const { database, events, jobs, messages, settings, fetch } = deps;
  const { db } = database;

  const wanted = (tenantId: string, { id, body }: { id: string; body: string }): Wanted[] =>
    body.includes('://') && linksIn(body).length > 0 ? [{ tenantId, messageId: id }] : [];

  events.on<MessageSent>('message.sent', async (tx, batch) => {
    await jobs.enqueue(
      tx,
      { name: JOB },
      batch.flatMap(({ tenantId, message }) => wanted(tenantId, message)),
    );
  });
  events.on<MessageChanged>('message.changed', async (tx, batch) => {
    await jobs.enqueue(
      tx,
      { name: JOB },
      batch.flatMap(({ tenantId, message }) => wanted(tenantId, message)),
    );
  });

  async function lookUp(
    tenantId: string,
    url: string,
    signal: AbortSignal,
  ): Promise<LinkPreview | undefined> {
    const urlHash = createHash('sha256').update(url).digest('hex');
    const known = await db
      .selectFrom('linkPreviews')
      .select('preview')
      .where('tenantId', '=', tenantId)
      .where('urlHash', '=', urlHash)
      .where(
        sql<boolean>`fetched_at > now() - case when preview is null then interval '1 hour' else interval '1 day' end`,
      )
      .executeTakeFirst();
    if (known !== undefined) return known.preview ?? undefined;
    const preview = await read(url, signal);
    const found = { preview: preview === undefined ? null : JSON.stringify(preview) };
    await db
      .insertInto('linkPreviews')
      .values({ tenantId, urlHash, url, ...found })
      .onConflict((oc) =>
        oc
          .columns(['tenantId', 'urlHash'])
          .doUpdateSet((eb) => ({ ...found, fetchedAt: eb.fn<Date>('now') })),
      )
      .execute();
    return preview;
  }

  async function read(url: string, signal: AbortSignal): Promise<LinkPreview | undefined> {
    try {
      const answer = await fetch(url, {
        headers: { accept: 'text/html,application/xhtml+xml' },
        totalMs: TOTAL_MS,
        signal,
      });
      const type = answer.headers.get('content-type') ?? '';
      if (!answer.ok || !/^(text\/html|application\/xhtml\+xml)\b/i.test(type)) {
        await answer.body?.cancel();
        return undefined;
      }
      return previewOf(url, await startOf(answer, charsetOf(type)));
    } catch (error) {
      signal.throwIfAborted();
      // What may not be reached, or does not answer, has no preview.
      if (error instanceof AppError) return undefined;
      throw error;
    }
  }

  return {
    name: JOB,
    retryLimit: 2,
    expireInSeconds: 60,
    concurrency: 2,
    async handle({ tenantId, messageId }, { signal }) {
      const message = await messages.bare(tenantId, messageId);
      if (message === undefined) return;
      if (!(await settings.of(db, tenantId, message.roomId)).linkPreviews) return;
      const previews: LinkPreview[] = [];
      for (const url of linksIn(message.body)) {
        const preview = await lookUp(tenantId, url, signal);
        if (preview !== undefined) previews.push(preview);
      }
      if (previews.length > 0) await messages.putPreviews(tenantId, message, previews);
    },
  };
}

const charsetOf = (type: string): string => /charset=["']?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8';

function decoderOf(charset: string) {
  try {
    return new TextDecoder(charset);
  } catch {
    // A charset that nobody knows.
    return new TextDecoder();
  }
}

/** The first bytes of an answer as text; the rest is not waited for. */
async function startOf(answer: Response, charset: string): Promise<string> {
  const decoder = decoderOf(charset);
  let text = '';
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += piece.byteLength;
    text += decoder.decode(piece, { stream: true });
    if (bytes >= MOST_BYTES || /<\/head\s*>|<body[\s>]/i.test(text)) break;
  }
  return text;
}
