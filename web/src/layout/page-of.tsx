// The page of an address, fetched when it is first opened. Rooms are not here: the console begins with one.
import type { ReactNode } from 'react';
import { lazyPage } from '../parts/lazy-page.tsx';
import type { Route } from '../parts/route.ts';

const AgentsPage = lazyPage(async () => (await import('../agents/agents-page.tsx')).AgentsPage);
const AgentPage = lazyPage(async () => (await import('../agents/agent-page.tsx')).AgentPage);
const ApprovalsPage = lazyPage(async () => (await import('../approvals/approvals-page.tsx')).ApprovalsPage);
const AuditPage = lazyPage(async () => (await import('../audit/audit-page.tsx')).AuditPage);
const AdminPage = lazyPage(async () => (await import('../admin/admin-page.tsx')).AdminPage);
const ExplainPage = lazyPage(async () => (await import('../explain/explain-page.tsx')).ExplainPage);
const InboxPage = lazyPage(async () => (await import('../inbox/inbox-page.tsx')).InboxPage);
const InvitePage = lazyPage(async () => (await import('../invites/invite-page.tsx')).InvitePage);
const LaterPage = lazyPage(async () => (await import('../later/later-page.tsx')).LaterPage);
const MePage = lazyPage(async () => (await import('../me/me-page.tsx')).MePage);
const MetricsPage = lazyPage(async () => (await import('../metrics/metrics-page.tsx')).MetricsPage);
const WebhooksPage = lazyPage(async () => (await import('../webhooks/webhooks-page.tsx')).WebhooksPage);
const ModerationPage = lazyPage(
  async () => (await import('../moderation/moderation-page.tsx')).ModerationPage,
);
const SavedPage = lazyPage(async () => (await import('../saved/saved-page.tsx')).SavedPage);
const SearchPage = lazyPage(async () => (await import('../search/search-page.tsx')).SearchPage);
const ThreadsPage = lazyPage(async () => (await import('../threads/threads-page.tsx')).ThreadsPage);
const ToolsPage = lazyPage(async () => (await import('../tools/tools-page.tsx')).ToolsPage);

const WelcomePage = lazyPage(async () => (await import('../welcome/welcome-page.tsx')).WelcomePage);

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
    case 'admin':
      return <AdminPage tab={route.tab} onRooms={onRooms} />;
    case 'metrics':
      return <MetricsPage onRooms={onRooms} />;
    case 'webhooks':
      return <WebhooksPage tab={route.tab} room={route.query.room} onRooms={onRooms} />;
    case 'explain':
      return <ExplainPage of={route.of} id={route.id} userId={route.userId} onRooms={onRooms} />;
    case 'inbox':
      return <InboxPage onRooms={onRooms} />;
    case 'invites':
      return <InvitePage key={route.token} token={route.token} onRooms={onRooms} />;
    case 'later':
      return <LaterPage tab={route.tab} onRooms={onRooms} />;
    case 'me':
      return <MePage tab={route.tab} onRooms={onRooms} />;
    case 'moderation':
      return <ModerationPage tab={route.tab} room={route.query.room} onRooms={onRooms} />;
    case 'saved':
      return <SavedPage onRooms={onRooms} />;
    case 'search':
      return <SearchPage words={route.words} onRooms={onRooms} />;
    case 'threads':
      return <ThreadsPage onRooms={onRooms} />;
    case 'welcome':
      return <WelcomePage onRooms={onRooms} />;
    default:
      return undefined;
  }
}
