// Where one is, in the address's hash: `#/rooms/lobby`, `#/tools`, `#/agents/<id>/memories`. Works on any path the page is served from.
import { useSyncExternalStore } from 'react';

export const AGENT_TABS = [
  'profile',
  'tools',
  'try',
  'work',
  'conversations',
  'memories',
  'training',
  'feedback',
  'workspace',
  'spending',
  'history',
] as const;
export type AgentTab = (typeof AGENT_TABS)[number];

export type ToolsTabName = 'own' | 'servers';

/** A room; with a message to show in it (by seq or id), or with a thread beside it. */
export interface RoomRoute {
  page: 'room';
  key: string;
  at?: number;
  messageId?: string;
  threadId?: string;
}

export type Route =
  | { page: 'tools'; tab: ToolsTabName }
  | { page: 'none' }
  | RoomRoute
  | { page: 'agents' }
  | { page: 'approvals' }
  | { page: 'audit' }
  | { page: 'agent'; id: string; tab: AgentTab };

const NOWHERE: Route = { page: 'none' };

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\//, '').split('?');
  const [page, first, second, third] = path.split('/').map(decoded);
  if (page === 'rooms' && first) return roomRoute(first, second, third, query);
  if (page === 'agents' && first) {
    const tab = AGENT_TABS.find((name) => name === second) ?? 'profile';
    return { page: 'agent', id: first, tab };
  }
  if (page === 'tools') return { page, tab: first === 'servers' ? 'servers' : 'own' };
  return page === 'agents' || page === 'approvals' || page === 'audit' ? { page } : NOWHERE;
}

function roomRoute(key: string, part: string | undefined, id: string | undefined, query: string): RoomRoute {
  const at = Number(new URLSearchParams(query).get('at') ?? Number.NaN);
  return {
    page: 'room',
    key,
    ...(Number.isSafeInteger(at) && at >= 0 && { at }),
    ...(part === 'm' && id && { messageId: id }),
    ...(part === 'threads' && id && { threadId: id }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

let last: { hash: string; route: Route } | undefined;
function current(): Route {
  const { hash } = globalThis.location;
  if (last?.hash !== hash) last = { hash, route: parse(hash) };
  return last.route;
}

function subscribe(listener: () => void): () => void {
  globalThis.addEventListener('hashchange', listener);
  return () => globalThis.removeEventListener('hashchange', listener);
}

export const useRoute = (): Route => useSyncExternalStore(subscribe, current);

export const hrefOf = (room: { id: string; slug?: string | undefined }): string =>
  `#/rooms/${encodeURIComponent(room.slug ?? room.id)}`;

/** Opens the room at a message; at a reply, its thread is opened by the room itself. */
export const messageHref = (room: { id: string; slug?: string | undefined }, messageId: string): string =>
  `${hrefOf(room)}/m/${encodeURIComponent(messageId)}`;

export const threadHref = (room: { id: string; slug?: string | undefined }, rootId: string): string =>
  `${hrefOf(room)}/threads/${encodeURIComponent(rootId)}`;

export const AGENTS_HREF = '#/agents';
export const APPROVALS_HREF = '#/approvals';
export const AUDIT_HREF = '#/audit';
export const TOOLS_HREF = '#/tools';
export const toolsHref = (tab: ToolsTabName): string => (tab === 'own' ? TOOLS_HREF : `${TOOLS_HREF}/${tab}`);
export const agentHref = (id: string, tab: AgentTab = 'profile'): string =>
  `#/agents/${encodeURIComponent(id)}${tab === 'profile' ? '' : `/${tab}`}`;

export function goTo(room: { id: string; slug?: string | undefined }): void {
  globalThis.location.hash = hrefOf(room);
}

export function goToHref(href: string): void {
  globalThis.location.hash = href;
}

/** Without a step in the history. */
export function replaceWith(href: string): void {
  globalThis.history.replaceState(null, '', href);
  globalThis.dispatchEvent(new HashChangeEvent('hashchange'));
}
