// What identity offers: sign-in, me, users, API keys, and the provider's webhooks.
import type { Connections } from '../../core/connections.ts';
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { IdentityService } from './service.ts';

export const identityModule = (identity: IdentityService, connections: Connections): Module => ({
  name: 'identity',
  rawRoutes: identity.rawRoutes,
  operations: [
    handle(c.createSession, (_scope, { name }) => identity.signInLocally(name)),
    handle(c.deleteSession, async (scope) => {
      await identity.signOut(scope);
      return { signedOut: true as const };
    }),
    handle(c.renewSession, (scope, { token }) => identity.renew(scope, token)),
    handle(c.getMe, (scope) => identity.me(scope)),
    handle(c.updateMe, (scope, change) => identity.updateMe(scope, change)),
    handle(c.listUsers, (scope, page) => identity.list(scope, page)),
    handle(c.getUser, (scope, { userId }) => identity.get(scope, userId)),
    handle(c.updateUser, (scope, { userId, ...change }) => identity.updateUser(scope, userId, change)),
    handle(c.removeUser, async (scope, { userId }) => {
      await identity.removeUser(scope, userId);
      return { removed: true as const };
    }),
    handle(c.listConnections, async (scope, { userId }) => {
      await identity.get(scope, userId);
      return connections.list(scope.tenantId, userId);
    }),
    handle(c.disconnectUser, async (scope, { userId }) => {
      await identity.get(scope, userId);
      const found = await connections.disconnect(scope.tenantId, userId);
      // Where asking did not reach every node, a row does, a little later.
      if (!found.complete) await identity.endConnections(scope, userId);
      return found;
    }),
    handle(c.listKeys, (scope, page) => identity.keys.list(scope, page)),
    handle(c.createKey, (scope, input) => identity.keys.create(scope, input)),
    handle(c.deleteKey, async (scope, { keyId }) => {
      await identity.keys.remove(scope, keyId);
      return { deleted: true as const };
    }),
  ],
});
