// What identity offers: sign-in, me, users.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { IdentityService } from './service.ts';

export const identityModule = (identity: IdentityService): Module => ({
  name: 'identity',
  operations: [
    handle(c.createSession, (_scope, { name }) => identity.signInLocally(name)),
    handle(c.getMe, (scope) => identity.me(scope)),
    handle(c.updateMe, (scope, change) => identity.updateMe(scope, change)),
    handle(c.listUsers, (scope, page) => identity.list(scope, page)),
    handle(c.getUser, (scope, { userId }) => identity.get(scope, userId)),
  ],
});
