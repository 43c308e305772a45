// A Clerk of the tests: a key pair of its own, session tokens shaped like Clerk's, signed webhooks. Never on a network.
import { createHmac, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { io } from 'socket.io-client';
import type { SignedIn, TestApp } from '../../support/app.ts';
import { listen, request, type SocketSurface } from '../../support/clients.ts';
import { upgradeStatus } from '../../support/raw-phoenix.ts';

const keys = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ours = keys();
/** Someone else's key pair. */
export const foreign = keys();
export const jwtKey = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString();
export const PARTY = 'https://chat.example.com';
const SECRET = randomBytes(24);

/** What switches Clerk on, beside local sign-in. */
export const CLERK_CONFIG = {
  CLERK_JWT_KEY: jwtKey,
  CLERK_AUTHORIZED_PARTIES: PARTY,
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${SECRET.toString('base64')}`,
};

const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;

export interface TokenOptions {
  claims?: JWTPayload;
  header?: Partial<JWTHeaderParameters>;
  key?: typeof ours.privateKey;
  /** Seconds from now. */
  expiresIn?: number;
}

/** A session token as Clerk makes them, in the first shape or, with `o` among the claims, in the second. */
export function clerkToken(person: string, options: TokenOptions = {}): Promise<string> {
  const { claims = {}, header = {}, key = ours.privateKey, expiresIn = 60 } = options;
  return new SignJWT({
    azp: PARTY,
    iss: 'https://clerk.example.com',
    sub: person,
    sid: `sess_${randomUUID()}`,
    iat: seconds(0),
    nbf: seconds(-10),
    exp: seconds(expiresIn),
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'ins_1', ...header })
    .sign(key);
}

/** A token with any header, signed with nothing or by HMAC with the given bytes. */
export function forgedToken(person: string, header: object, hmacKey?: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { azp: PARTY, sub: person, sid: 'sess_x', iat: seconds(0), exp: seconds(60) };
  const signed = `${part(header)}.${part(claims)}`;
  const signature =
    hmacKey === undefined ? '' : createHmac('sha256', hmacKey).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}

export const inOrg = (id: string, role = 'org:member'): TokenOptions => ({
  claims: { org_id: id, org_role: role, org_slug: id.replace('org_', '') },
});

/** A name nobody else in the run has. */
export const fresh = (kind: 'user' | 'org'): string => `${kind}_${randomUUID().replaceAll('-', '')}`;

/** Signs in with a Clerk token and answers who that is. @throws Error with the refusal */
export async function enter(app: TestApp, person: string, options: TokenOptions = {}) {
  const token = await clerkToken(person, options);
  const { status, body } = await request(app.url, 'GET', '/api/me', { token });
  if (status !== 200) throw new Error(`${status} ${body.reason}`);
  const { role, tenantId, ...user } = body;
  return { token, user: user as SignedIn['user'], role: role as string, tenantId: tenantId as string };
}

// ——— Every door ———

/** What each door answers to a token: its reason, `in`, or the status of the upgrade. */
export async function atEveryDoor(app: TestApp, token: string) {
  const [rest, socketio, phoenix] = await Promise.all([
    request(app.url, 'GET', '/api/me', { token }),
    dial(app, token),
    upgradeStatus(app.url, { token }),
  ]);
  return { rest: rest.status === 200 ? 'in' : rest.body.reason, socketio, phoenix };
}
export const admitted = { rest: 'in', socketio: 'in', phoenix: 101 };
export const refusedWith = (reason: string) => ({ rest: reason, socketio: reason, phoenix: 403 });

function dial(app: TestApp, token: string): Promise<string> {
  const socket = io(app.url, {
    auth: { token },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
  return new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('in'));
    socket.once('connect_error', (error: Error & { data?: { reason: string } }) =>
      resolve(error.data?.reason ?? error.message),
    );
  }).finally(() => socket.disconnect());
}

/** Both socket protocols, for what must end on a live connection. */
export const LIVE: SocketSurface[] = ['socketio over websocket', 'socketio over polling', 'phoenix 2.0.0'];
/** How each client sees an end that it must not come back from. */
export const ended = (surface: SocketSurface, code: number): string =>
  surface.startsWith('socketio') ? 'io server disconnect' : `closed with ${code}`;

export const open = (surface: SocketSurface, app: TestApp, who: SignedIn) => listen(surface, app, who);

// ——— Webhooks ———

export interface Delivery {
  id?: string;
  /** Seconds from now of the signature. */
  sentAt?: number;
  /** When it happened, in ms from now. */
  at?: number;
  signature?: string;
  secret?: Buffer;
  body?: string;
}

export async function deliver(app: TestApp, type: string, data: object, delivery: Delivery = {}) {
  const id = delivery.id ?? `msg_${randomUUID()}`;
  const timestamp = String(seconds(delivery.sentAt ?? 0));
  const signed = JSON.stringify({ type, object: 'event', data, timestamp: Date.now() + (delivery.at ?? 0) });
  const hmac = createHmac('sha256', delivery.secret ?? SECRET).update(`${id}.${timestamp}.${signed}`);
  return request(app.url, 'POST', '/api/webhooks/clerk', {
    body: delivery.body ?? signed,
    headers: {
      'svix-id': id,
      'svix-timestamp': timestamp,
      'svix-signature': delivery.signature ?? `v1,${hmac.digest('base64')}`,
    },
  });
}

export const person = (id: string, names: object = {}) => ({
  id,
  username: null,
  first_name: null,
  last_name: null,
  image_url: null,
  ...names,
});

export const membership = (orgId: string, userId: string, role = 'org:member', names: object = {}) => ({
  id: `orgmem_${randomUUID()}`,
  role,
  organization: { id: orgId, name: `Organisation ${orgId.slice(-4)}` },
  public_user_data: { user_id: userId, first_name: null, last_name: null, image_url: null, ...names },
});
