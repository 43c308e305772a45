// Where one is, in the address's hash: `#/rooms/lobby?at=12`, `#/agents/<id>/memories`, `#/search?q=plan`. Works on any
// path the page is served from.
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

/** Pages that are only named, beside those that have more in their address. */
const PLAIN = ['agents', 'approvals', 'audit', 'inbox', 'saved', 'threads', 'metrics', 'welcome'] as const;
export type PlainPage = (typeof PLAIN)[number];

const TABS = {
  tools: ['own', 'servers'],
  later: ['drafts', 'scheduled', 'reminders'],
  admin: ['people', 'keys', 'data', 'stops', 'server'],
  moderation: ['reports', 'held', 'standing', 'record'],
  webhooks: ['out', 'in'],
  me: ['profile', 'notifications', 'account'],
} as const;
export type TabbedPage = keyof typeof TABS;
export type TabOf<P extends TabbedPage> = (typeof TABS)[P][number];
export type ToolsTabName = TabOf<'tools'>;

type Tabbed = {
  [P in TabbedPage]: { page: P; tab: TabOf<P>; query: Readonly<Record<string, string>> };
}[TabbedPage];

const SIDES = ['threads', 'pins', 'search'] as const;
export type RoomSide = (typeof SIDES)[number];

/** A room; with a message to show in it (by seq or id), with a thread or a list beside it. */
export interface RoomRoute {
  page: 'room';
  key: string;
  at?: number;
  messageId?: string;
  threadId?: string;
  side?: RoomSide;
}

/** What is asked about: how a message came, or why a room or the inbox shows its count. */
const EXPLAINED = ['message', 'unread', 'inbox'] as const;
export type Explained = (typeof EXPLAINED)[number];

export type Route =
  | { page: 'none' }
  | RoomRoute
  | { page: PlainPage }
  | Tabbed
  | { page: 'search'; words: string }
  | { page: 'invites'; token: string }
  | { page: 'explain'; of: Explained; id?: string; userId?: string }
  | { page: 'agent'; id: string; tab: AgentTab };

const NOWHERE: Route = { page: 'none' };

function parse(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\//, '').split('?', 2);
  const [page = '', first, second, third] = path.split('/').map(decoded);
  const query = new URLSearchParams(search);
  if (page === 'rooms' && first) return roomRoute(first, second, third, query);
  if (page === 'agents' && first) {
    const tab = AGENT_TABS.find((name) => name === second) ?? 'profile';
    return { page: 'agent', id: first, tab };
  }
  if (page === 'invites' && first) return { page, token: first };
  if (page === 'search') return { page, words: query.get('q') ?? '' };
  if (page === 'explain') return explainRoute([first, second, third]);
  const plain = PLAIN.find((name) => name === page);
  if (plain !== undefined) return { page: plain };
  if (!Object.hasOwn(TABS, page)) return NOWHERE;
  const tabs: readonly string[] = TABS[page as TabbedPage];
  return {
    page,
    tab: tabs.find((name) => name === first) ?? tabs[0],
    query: Object.fromEntries(query),
  } as Route;
}

function explainRoute(parts: readonly (string | undefined)[]): Route {
  const named = EXPLAINED.find((of) => of === parts[0]);
  const [id, userId] = named === undefined ? parts : parts.slice(1);
  return { page: 'explain', of: named ?? 'message', ...(id && { id }), ...(userId && { userId }) };
}

function roomRoute(
  key: string,
  part: string | undefined,
  id: string | undefined,
  query: URLSearchParams,
): RoomRoute {
  const at = Number(query.get('at') ?? Number.NaN);
  const messageId = part === 'm' ? id : query.get('m');
  const side = id ? undefined : SIDES.find((name) => name === part);
  return {
    page: 'room',
    key,
    ...(Number.isSafeInteger(at) && at >= 0 && { at }),
    ...(messageId && { messageId }),
    ...(part === 'threads' && id && { threadId: id }),
    ...(side !== undefined && { side }),
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

type RoomAddress = { id: string; slug?: string | undefined };

export const hrefOf = (room: RoomAddress): string => `#/rooms/${encodeURIComponent(room.slug ?? room.id)}`;

/** Opens the room at a message; at a reply, its thread is opened by the room itself. */
export const messageHref = (room: RoomAddress, messageId: string): string =>
  `${hrefOf(room)}/m/${encodeURIComponent(messageId)}`;

const withMessage = (href: string, messageId: string | undefined): string =>
  messageId === undefined ? href : `${href}?m=${encodeURIComponent(messageId)}`;

/** @param replyId shown and marked in it */
export const threadHref = (room: RoomAddress, rootId: string, replyId?: string): string =>
  withMessage(`${hrefOf(room)}/threads/${encodeURIComponent(rootId)}`, replyId);

/** @param messageId shown in the room while the list stays beside it */
export const sideHref = (room: RoomAddress, side: RoomSide, messageId?: string): string =>
  withMessage(`${hrefOf(room)}/${side}`, messageId);

export const pageHref = (page: PlainPage): string => `#/${page}`;
export const tabHref = <P extends TabbedPage>(
  page: P,
  tab?: TabOf<P>,
  query?: Record<string, string>,
): string =>
  `#/${page}${tab === undefined || tab === TABS[page][0] ? '' : `/${tab}`}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`;
export const searchHref = (words: string): string =>
  words === '' ? '#/search' : `#/search?${new URLSearchParams({ q: words })}`;
export const explainHref = (messageId?: string, userId?: string): string =>
  ['#/explain', messageId, userId].filter((part) => part !== undefined).join('/');
export const explainCountHref = (of: 'unread' | 'inbox', roomId?: string, userId?: string): string =>
  ['#/explain', of, roomId, userId].filter((part) => part !== undefined).join('/');

export const AGENTS_HREF = pageHref('agents');
export const toolsHref = (tab: ToolsTabName): string => tabHref('tools', tab);
export const agentHref = (id: string, tab: AgentTab = 'profile'): string =>
  `#/agents/${encodeURIComponent(id)}${tab === 'profile' ? '' : `/${tab}`}`;

export function goTo(room: RoomAddress): void {
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
