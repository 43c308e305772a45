// Tables of link previews, as Kysely sees them.
import type { ColumnType, Generated } from 'kysely';
import type { LinkPreview } from '../messages/contract.ts';

export interface LinkPreviewsTable {
  tenantId: string;
  urlHash: string;
  url: string;
  /** Null for a page that has nothing to show, or could not be read. */
  preview: ColumnType<LinkPreview | null, string | null, string | null>;
  fetchedAt: Generated<Date>;
}

export interface PreviewsTables {
  linkPreviews: LinkPreviewsTable;
}
