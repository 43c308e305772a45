// Addresses of files: signed, for one reader, for a while. What they allow is checked again when they are used.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { isUuid } from '../../core/ids.ts';

/** How long an address holds, in ms. */
const HOLDS_MS = 3_600_000;

export interface Ticket {
  tenantId: string;
  uploadId: string;
  userId: string;
}

export function createLinks(secret: string, clock: Clock) {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'parley file links v1', 32));
  const sign = ({ tenantId, uploadId, userId }: Ticket, until: number): Buffer =>
    createHmac('sha256', key).update(`${tenantId} ${uploadId} ${userId} ${until}`).digest();

  return {
    make(ticket: Ticket): { url: string; expiresAt: string } {
      const until = clock.now() + HOLDS_MS;
      const query = new URLSearchParams({
        tenant: ticket.tenantId,
        for: ticket.userId,
        until: String(until),
        signature: sign(ticket, until).toString('base64url'),
      });
      return { url: `/api/files/${ticket.uploadId}?${query}`, expiresAt: new Date(until).toISOString() };
    },

    /** Whom and what an address is for; undefined when it is not ours or does not hold any more. */
    read(uploadId: string, query: Record<string, unknown>): Ticket | undefined {
      const { tenant, for: userId, until, signature } = query;
      if (typeof tenant !== 'string' || typeof userId !== 'string' || typeof signature !== 'string')
        return undefined;
      const end = Number(until);
      if (![tenant, userId, uploadId].every(isUuid) || !Number.isSafeInteger(end)) return undefined;
      const ticket = { tenantId: tenant, uploadId, userId };
      const given = Buffer.from(signature, 'base64url');
      const right = sign(ticket, end);
      if (given.length !== right.length || !timingSafeEqual(given, right) || end < clock.now())
        return undefined;
      return ticket;
    },
  };
}
