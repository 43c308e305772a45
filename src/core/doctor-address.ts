// How a server is reached, as the doctor sees it: addresses, origins, who may sign in, the port.
// Looks only: the port is opened for a moment, to see whether it can be.
import { createServer } from 'node:net';
import type { Config } from './config.ts';
import { type Finding, fail, ok, warn } from './doctor-finding.ts';

const DEADLINE_MS = 5000;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export function checkAddress(config: Config): Finding[] {
  const { HOST, PUBLIC_URL, CORS_ORIGINS } = config;
  const findings: Finding[] = [];
  const local = LOOPBACK.has(HOST);
  const what = 'Address';
  const isLocal = (url: string) => LOOPBACK.has(new URL(url).hostname.replace(/^\[|\]$/g, ''));
  if (PUBLIC_URL === undefined && !local)
    findings.push(
      warn(
        what,
        `HOST=${HOST} without PUBLIC_URL`,
        'set PUBLIC_URL to the address people type, or pages there are refused',
      ),
    );
  if (PUBLIC_URL !== undefined) {
    const url = new URL(PUBLIC_URL);
    if (url.protocol === 'http:' && !isLocal(PUBLIC_URL))
      findings.push(
        warn(what, `PUBLIC_URL=${PUBLIC_URL} is not encrypted`, 'put a proxy with TLS in front, use https'),
      );
    if (url.pathname !== '/' || url.search !== '')
      findings.push(
        warn(
          what,
          `PUBLIC_URL=${PUBLIC_URL} has a path`,
          'serve Parley at the root of a host name of its own',
        ),
      );
    if (url.protocol === 'https:' && !config.TRUST_PROXY)
      findings.push(
        warn(
          what,
          'https without TRUST_PROXY',
          'set TRUST_PROXY=true, or every caller shares the limits of the proxy',
        ),
      );
  }
  for (const origin of CORS_ORIGINS) {
    if (new URL(origin).origin !== origin)
      findings.push(
        warn(what, `CORS_ORIGINS has "${origin}"`, `write the origin alone: ${new URL(origin).origin}`),
      );
  }
  if (config.AUTH_LOCAL && !local)
    findings.push(
      warn(
        'Signing in',
        `by name, on HOST=${HOST}`,
        'fine among friends; otherwise set up Clerk and AUTH_LOCAL=false',
      ),
    );
  if (config.METRICS_TOKEN === undefined && !local)
    findings.push(
      warn(
        'Metrics',
        '/metrics is open to whoever reaches this address',
        'set METRICS_TOKEN, or block /metrics in the proxy',
      ),
    );
  if (findings.length === 0) findings.push(ok(what, PUBLIC_URL ?? `http://${HOST}:${config.PORT}`));
  return findings;
}

/** Taken by Parley itself is fine; taken by another program is not. */
export async function checkPort({ HOST, PORT }: Config): Promise<Finding> {
  const what = 'Port';
  const code = await new Promise<string | undefined>((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'unknown'));
    server.listen(PORT, HOST, () => server.close(() => done(undefined)));
  });
  if (code === undefined) return ok(what, `${PORT} is free`);
  if (code === 'EADDRINUSE') {
    const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST.includes(':') ? `[${HOST}]` : HOST;
    try {
      const answer = await fetch(`http://${host}:${PORT}/readyz`, {
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      const { status } = (await answer.json()) as { status?: string };
      if (status !== undefined) return ok(what, `${PORT} is used by a server that says it is ${status}`);
    } catch {
      // It is not Parley, or it hangs.
    }
    return fail(what, `${PORT} is used by another program`, 'set PORT to a free port, or stop that program');
  }
  if (code === 'EACCES')
    return fail(
      what,
      `${PORT} may not be opened by this account`,
      'set PORT to 1024 or above and put a proxy in front',
    );
  if (code === 'EADDRNOTAVAIL')
    return fail(
      what,
      `HOST=${HOST} is not an address of this machine`,
      'set HOST=0.0.0.0 for all its addresses',
    );
  return fail(what, `${HOST}:${PORT} cannot be opened (${code})`, 'check HOST and PORT');
}
