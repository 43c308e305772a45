// Opens the connections of guarded requests: a literal address, every address a name resolves to, and the address a socket
// really has are checked. Must never write a byte to an address that the policy does not allow.
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { type AddressPolicy, literalAddress } from '../core/addresses.ts';
import { AppError } from '../core/errors.ts';

/** All addresses of a name, as the system resolves it. Tests pass their own. */
export type ResolveHost = (host: string) => Promise<LookupAddress[]>;

export interface ConnectLimits {
  connectMs: number;
  /** Until the answer's head, and between pieces of its body. */
  idleMs: number;
}

/** Connections to one origin. */
const PER_ORIGIN = 16;
const MAX_HEAD_BYTES = 32 * 1024;

export function createGuardedAgent(
  policy: AddressPolicy,
  { connectMs, idleMs }: ConnectLimits,
  resolve: ResolveHost = resolveBySystem,
): Agent {
  const lookup: LookupFunction = (host, { all }, done) => {
    resolve(host).then(
      (found) => {
        const [first] = found;
        if (first === undefined) return done(notResolved(host), '', 0);
        if (!policy.trustsHost(host) && !found.every(({ address }) => policy.allowsAddress(address)))
          return done(notAllowed(host), '', 0);
        if (all) done(null, found);
        else done(null, first.address, first.family);
      },
      (error) => done(error, '', 0),
    );
  };
  const connect = buildConnector({ timeout: connectMs, lookup, allowH2: false });

  return new Agent({
    allowH2: false,
    connections: PER_ORIGIN,
    pipelining: 1,
    keepAliveTimeout: 4000,
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    connect: (options, done) => {
      const literal = literalAddress(options.hostname);
      // No lookup happens for a literal.
      if (literal !== undefined && !policy.allowsAddress(literal))
        return done(notAllowed(options.hostname), null);
      connect(options, (error, socket) => {
        if (error !== null) return done(error, null);
        const { remoteAddress } = socket;
        if (policy.trustsHost(options.hostname) || policy.allowsAddress(remoteAddress ?? ''))
          return done(null, socket);
        socket.destroy();
        done(notAllowed(options.hostname), null);
      });
    },
  });
}

export const notAllowed = (host: string): AppError =>
  new AppError(
    'forbidden',
    'address_not_allowed',
    `${shown(host)} is not a public address; an administrator can allow it with OUTGOING_ALLOW_HOSTS.`,
  );

const notResolved = (host: string): AppError =>
  new AppError(
    'unavailable',
    'host_not_found',
    `The host ${shown(host)} was not found; check how it is spelled.`,
  );

const shown = (host: string): string => (host.length > 100 ? `${host.slice(0, 100)}…` : host);

const resolveBySystem: ResolveHost = (host) =>
  new Promise((resolve, reject) =>
    systemLookup(host, { all: true, verbatim: false }, (error, found) => {
      if (error === null) resolve(found.filter(({ address }) => isIP(address) !== 0));
      else reject(error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN' ? notResolved(host) : error);
    }),
  );
