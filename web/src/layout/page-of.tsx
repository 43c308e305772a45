// The page of an address, fetched when it is first opened. Rooms are not here: the console begins with one.
import type { ReactNode } from 'react';
import { lazyPage } from '../parts/lazy-page.tsx';
import type { Route } from '../parts/route.ts';

const AgentsPage = lazyPage(async () => (await import('../agents/agents-page.tsx')).AgentsPage);
const AgentPage = lazyPage(async () => (await import('../agents/agent-page.tsx')).AgentPage);
const ApprovalsPage = lazyPage(async () => (await import('../approvals/approvals-page.tsx')).ApprovalsPage);
const AuditPage = lazyPage(async () => (await import('../audit/audit-page.tsx')).AuditPage);
const ToolsPage = lazyPage(async () => (await import('../tools/tools-page.tsx')).ToolsPage);

/** Undefined where the address is a room's, or nobody's. */
export function pageOf(route: Route, onRooms: () => void): ReactNode {
  switch (route.page) {
    case 'agents':
      return <AgentsPage onRooms={onRooms} />;
    case 'agent':
      return <AgentPage key={route.id} id={route.id} tab={route.tab} onRooms={onRooms} />;
    case 'approvals':
      return <ApprovalsPage onRooms={onRooms} />;
    case 'audit':
      return <AuditPage onRooms={onRooms} />;
    case 'tools':
      return <ToolsPage tab={route.tab} onRooms={onRooms} />;
    default:
      return undefined;
  }
}
