// Which web pages may talk to this server. The same rule for REST and both socket protocols. Pure.
import type { IncomingMessage } from 'node:http';

export interface OriginRule {
  publicUrl?: string | undefined;
  corsOrigins: string[];
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * No `Origin` (not a browser): allowed. Else it must be the page's own host, PUBLIC_URL or one of CORS_ORIGINS.
 * Without PUBLIC_URL a loopback page may talk to a loopback server, whatever its port.
 */
export function originAllowed(request: Pick<IncomingMessage, 'headers'>, rule: OriginRule): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  const listed = [...rule.corsOrigins, ...(rule.publicUrl === undefined ? [] : [rule.publicUrl])];
  if (listed.some((allowed) => new URL(allowed).origin === from.origin)) return true;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const own = new URL(`http://${host}`);
  // A rebound name is neither loopback nor listed: only loopback is trusted by its Host header alone.
  return rule.publicUrl === undefined && LOOPBACK.has(own.hostname) && LOOPBACK.has(from.hostname);
}
