// Tables of uploads, as Kysely sees them.
import type { Generated } from 'kysely';

export interface BlobsTable {
  id: string;
  tenantId: string;
  sha256: string;
  bytes: number;
  createdAt: Generated<Date>;
}

export interface UploadsTable {
  id: string;
  tenantId: string;
  userId: string;
  name: string;
  bytes: number;
  contentType: string | null;
  width: number | null;
  height: number | null;
  /** Null until all bytes have arrived. */
  blobId: string | null;
  /** When it was first sent with a message. */
  attachedAt: Date | null;
  createdAt: Generated<Date>;
}

export interface MessageAttachmentsTable {
  messageId: string;
  uploadId: string;
  tenantId: string;
  roomId: string;
}

export interface UploadsTables {
  blobs: BlobsTable;
  uploads: UploadsTable;
  messageAttachments: MessageAttachmentsTable;
}
