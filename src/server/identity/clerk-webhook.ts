// Clerk's webhooks: who was made, changed or removed there is so here. Checked by signature over the bytes, taken in once,
// in whatever order they come. Must never act on a body before its signature is checked.
import type { IncomingHttpHeaders } from 'node:http';
import { verifyWebhook } from '@clerk/backend/webhooks';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { Database, Tx } from '../../core/db/database.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { RawRoute } from '../../core/module.ts';
import type { Accounts } from './accounts.ts';
import { CLERK_SESSION_MS, credentialOf, roleOf } from './clerk-token.ts';
import { type ClerkUsers, displayName } from './clerk-users.ts';
import * as dir from './directory.ts';
import * as repo from './repository.ts';
import type { Revoke } from './revocation.ts';

const PATH = '/api/webhooks/clerk';
/** Clerk's users carry metadata of the operator's. */
const MAX_BYTES = 512 * 1024;
/** Clerk repeats a delivery for days; one that is older than this is refused by its timestamp anyway. */
const RECEIPTS_MS = 30 * 24 * 3_600_000;

const Person = z.object({
  id: z.string().min(1),
  username: z.string().nullish(),
  first_name: z.string().nullish(),
  last_name: z.string().nullish(),
  image_url: z.string().nullish(),
});
const Organization = z.object({ id: z.string().min(1), name: z.string().nullish() });
const Membership = z.object({
  role: z.string().nullish(),
  organization: Organization,
  public_user_data: z.object({
    user_id: z.string().min(1),
    username: z.string().nullish(),
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    image_url: z.string().nullish(),
  }),
});
const Removed = z.object({ id: z.string().min(1) });
const Session = z.object({ id: z.string().min(1), user_id: z.string().min(1) });

interface Names {
  username?: string | null | undefined;
  first_name?: string | null | undefined;
  last_name?: string | null | undefined;
  image_url?: string | null | undefined;
}

const namesOf = (data: Names) => ({
  name: displayName([data.first_name, data.last_name].filter(Boolean).join(' '), data.username) ?? null,
  handle: data.username ?? null,
  avatarUrl: pictureOf(data.image_url),
});

const pictureOf = (url: string | null | undefined): string | null =>
  url?.startsWith('https://') && url.length <= 2000 ? url : null;

export function createClerkWebhook(deps: {
  signingSecret: string;
  database: Database;
  clock: Clock;
  logger: Logger;
  accounts: Accounts;
  users: ClerkUsers;
  revoke: Revoke;
}): RawRoute {
  const { database, clock, logger, accounts, users, revoke } = deps;

  /** What is done in the transaction that also remembers the delivery. */
  type Effect = (tx: Tx, at: Date) => Promise<void>;

  async function personChanged(tx: Tx, at: Date, data: z.infer<typeof Person>): Promise<void> {
    const [told] = await dir.findEntries(tx, [data.id]);
    if (told !== undefined && told.removedAt !== null) return;
    const names = namesOf(data);
    if (!(await dir.writeEntry(tx, data.id, at, names))) return;
    for (const user of await dir.findUsersOfPerson(tx, data.id))
      await accounts.update(tx, user.tenantId, user.id, {
        name: names.name ?? user.name,
        avatarUrl: names.avatarUrl,
      });
  }

  async function personRemoved(tx: Tx, at: Date, id: string): Promise<void> {
    await dir.removeEntry(tx, id, at);
    for (const user of await dir.findUsersOfPerson(tx, id))
      if (user.deletedAt === null) await accounts.remove(tx, user.tenantId, user.id);
  }

  async function organizationChanged(tx: Tx, at: Date, { id, name }: z.infer<typeof Organization>) {
    const [told] = await dir.findEntries(tx, [id]);
    if (told !== undefined && told.removedAt !== null) return;
    if (!(await dir.writeEntry(tx, id, at, { name: name ?? null }))) return;
    if (name) await dir.updateTenant(tx, id, { name });
  }

  async function organizationRemoved(tx: Tx, at: Date, id: string): Promise<void> {
    await dir.removeEntry(tx, id, at);
    const tenant = await dir.updateTenant(tx, id, { deletedAt: clock.date() });
    if (tenant === undefined) return;
    await repo.removePeople(tx, tenant.id, clock.date());
    await revoke(tx, { tenantId: tenant.id, reason: 'removed' });
  }

  async function membershipChanged(
    tx: Tx,
    at: Date,
    tenantId: string,
    { role, organization, public_user_data }: z.infer<typeof Membership>,
  ): Promise<void> {
    const externalId = public_user_data.user_id;
    const given = roleOf(role);
    const id = dir.membershipId(organization.id, externalId);
    if (!(await dir.writeEntry(tx, id, at, { role: given, removedAt: null }))) return;
    const [person] = await dir.findEntries(tx, [externalId]);
    if (person !== undefined && person.removedAt !== null) return;
    const names = namesOf(public_user_data);
    const user = await users.ensure(tx, tenantId, { externalId, ...names }, given);
    if (user.deletedAt !== null) {
      const handle = await accounts.freeHandle(tx, tenantId, [names.handle, user.handle, user.name]);
      await accounts.restore(tx, user, { ...handle, role: given });
    } else if (user.role !== given) await accounts.changeRole(tx, tenantId, user.id, given);
  }

  async function membershipRemoved(
    tx: Tx,
    at: Date,
    { organization, public_user_data }: z.infer<typeof Membership>,
  ): Promise<void> {
    const id = dir.membershipId(organization.id, public_user_data.user_id);
    if (!(await dir.writeEntry(tx, id, at, { removedAt: at }))) return;
    const tenant = await dir.findTenantByExternalId(tx, organization.id);
    const user = tenant && (await dir.findUserByExternalId(tx, tenant.id, public_user_data.user_id));
    if (user !== undefined && user.deletedAt === null) await accounts.remove(tx, user.tenantId, user.id);
  }

  async function sessionEnded(tx: Tx, data: z.infer<typeof Session>): Promise<void> {
    for (const user of await dir.findUsersOfPerson(tx, data.user_id))
      await revoke(
        tx,
        {
          tenantId: user.tenantId,
          userId: user.id,
          credentialId: credentialOf(data.id),
          reason: 'signed_out',
        },
        clock.now() + CLERK_SESSION_MS,
      );
  }

  /** Undefined for events that concern nobody here. What needs a transaction of its own is done before. */
  async function effectOf(type: string, data: unknown): Promise<Effect | undefined> {
    switch (type) {
      case 'user.created':
      case 'user.updated': {
        const person = Person.parse(data);
        return (tx, at) => personChanged(tx, at, person);
      }
      case 'user.deleted': {
        const { id } = Removed.parse(data);
        return (tx, at) => personRemoved(tx, at, id);
      }
      case 'organization.created':
      case 'organization.updated': {
        const organization = Organization.parse(data);
        return (tx, at) => organizationChanged(tx, at, organization);
      }
      case 'organization.deleted': {
        const { id } = Removed.parse(data);
        return (tx, at) => organizationRemoved(tx, at, id);
      }
      case 'organizationMembership.created':
      case 'organizationMembership.updated': {
        const membership = Membership.parse(data);
        const { id, name } = membership.organization;
        const tenantId = await users.tenantOf({ id, name: name ?? undefined }).catch(unlessRemoved);
        if (tenantId === undefined) return undefined;
        return (tx, at) => membershipChanged(tx, at, tenantId, membership);
      }
      case 'organizationMembership.deleted': {
        const membership = Membership.parse(data);
        return (tx, at) => membershipRemoved(tx, at, membership);
      }
      case 'session.ended':
      case 'session.removed':
      case 'session.revoked': {
        const session = Session.parse(data);
        return (tx) => sessionEnded(tx, session);
      }
      default:
        return undefined;
    }
  }

  return {
    method: 'post',
    path: PATH,
    summary: 'Webhooks of Clerk',
    maxBytes: MAX_BYTES,
    async handle({ headers, rawBody }) {
      const { id, at, type, data } = await verify(headers, rawBody, deps.signingSecret);
      let effect: Effect | undefined;
      try {
        effect = await effectOf(type, data);
      } catch (error) {
        if (!(error instanceof z.ZodError)) throw error;
        logger.warn({ type, problem: z.prettifyError(error) }, 'a webhook of Clerk has an unknown form');
        throw new AppError('invalid', 'unknown_form', `The data of ${type} has an unknown form.`);
      }
      if (effect === undefined) return { status: 200, body: { received: true, ignored: true } };
      const first = await database.transaction(async (tx) => {
        if (!(await dir.receive(tx, id))) return false;
        await dir.forgetReceipts(tx, new Date(clock.now() - RECEIPTS_MS));
        await effect(tx, at);
        return true;
      });
      return { status: 200, body: { received: true, ...(first ? {} : { repeated: true }) } };
    },
  };
}

const unlessRemoved = (error: unknown): undefined => {
  if (error instanceof AppError && error.reason === 'unknown_user') return undefined;
  throw error;
};

/**
 * Signature, id and time by the Standard Webhooks scheme, under Svix's header names or the standard's.
 * @throws AppError unauthorized
 */
async function verify(
  headers: IncomingHttpHeaders,
  rawBody: Buffer,
  signingSecret: string,
): Promise<{ id: string; at: Date; type: string; data: unknown }> {
  const header = (name: string): string => {
    const value = headers[`svix-${name}`] ?? headers[`webhook-${name}`];
    return typeof value === 'string' ? value : '';
  };
  const names = ['id', 'timestamp', 'signature'];
  const request = new Request(`http://localhost${PATH}`, {
    method: 'POST',
    headers: Object.fromEntries(names.map((name) => [`svix-${name}`, header(name)])),
    body: new Uint8Array(rawBody),
  });
  try {
    const event = await verifyWebhook(request, { signingSecret });
    const { timestamp } = JSON.parse(rawBody.toString('utf8')) as { timestamp?: unknown };
    const at = typeof timestamp === 'number' ? timestamp : Number(header('timestamp')) * 1000;
    return { id: header('id'), at: new Date(at), type: event.type, data: event.data };
  } catch {
    throw new AppError(
      'unauthorized',
      'invalid_signature',
      'The signature of this webhook is missing, wrong or too old; compare CLERK_WEBHOOK_SIGNING_SECRET.',
    );
  }
}
