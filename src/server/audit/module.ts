// What the audit offers: the record, and whether it is whole.
import { handle, type Module } from '../../core/module.ts';
import { listAudit, verifyAudit } from './contract.ts';
import type { AuditService } from './service.ts';

export const auditModule = (audit: AuditService): Module => ({
  name: 'audit',
  operations: [
    handle(listAudit, (scope, input) => audit.list(scope, input)),
    handle(verifyAudit, (scope, input) => audit.verify(scope, input)),
  ],
});
