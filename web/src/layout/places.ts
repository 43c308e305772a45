// Where one can go beside the rooms, as data: for the sidebar and for jumping. Each page is named once, here.
import {
  type Icon,
  IconActivity,
  IconBookmark,
  IconClock,
  IconFlag,
  IconInbox,
  IconListCheck,
  IconMessages,
  IconRoute,
  IconSearch,
  IconSettings,
  IconShield,
  IconSparkles,
  IconTool,
  IconUserCheck,
  IconUserCog,
  IconWebhook,
} from '@tabler/icons-react';
import { explainHref, pageHref, type Route, searchHref, tabHref } from '../parts/route.ts';

export interface Place {
  page: Route['page'];
  name: string;
  href: string;
  icon: Icon;
  /** Other words one may look for it by. */
  also: string;
  admin?: true;
}

/** For new administrators, until it is put away. */
export const FIRST: Place = {
  page: 'welcome',
  name: 'First steps',
  href: pageHref('welcome'),
  icon: IconFlag,
  also: 'welcome start begin help',
};

export const MINE: Place[] = [
  {
    page: 'inbox',
    name: 'Inbox',
    href: pageHref('inbox'),
    icon: IconInbox,
    also: 'notifications mentions unread',
  },
  {
    page: 'threads',
    name: 'Threads',
    href: pageHref('threads'),
    icon: IconMessages,
    also: 'replies followed',
  },
  {
    page: 'later',
    name: 'Later',
    href: tabHref('later'),
    icon: IconClock,
    also: 'drafts scheduled reminders',
  },
  { page: 'saved', name: 'Saved', href: pageHref('saved'), icon: IconBookmark, also: 'bookmarks notes' },
];

/** Reached by other ways than the list of pages. */
export const ELSEWHERE: Place[] = [
  FIRST,
  { page: 'search', name: 'Search', href: searchHref(''), icon: IconSearch, also: 'find messages' },
  {
    page: 'me',
    name: 'Your profile and preferences',
    href: tabHref('me'),
    icon: IconSettings,
    also: 'settings name theme density quiet hours sign out dark light',
  },
];

export const AGENTS: Place[] = [
  {
    page: 'agents',
    name: 'Agents',
    href: pageHref('agents'),
    icon: IconSparkles,
    also: 'assistants bots models',
  },
  {
    page: 'approvals',
    name: 'Approvals',
    href: pageHref('approvals'),
    icon: IconUserCheck,
    also: 'waiting calls permission',
  },
  { page: 'tools', name: 'Tools', href: tabHref('tools'), icon: IconTool, also: 'mcp servers functions' },
];

export const SERVER: Place[] = [
  {
    page: 'moderation',
    name: 'Moderation',
    href: tabHref('moderation'),
    icon: IconShield,
    also: 'reports mute ban kick record',
  },
  {
    page: 'admin',
    name: 'Administration',
    href: tabHref('admin'),
    icon: IconUserCog,
    also: 'people roles suspend api keys export erase retention stops version limits',
    admin: true,
  },
  {
    page: 'metrics',
    name: 'Metrics',
    href: pageHref('metrics'),
    icon: IconActivity,
    also: 'charts latency connections prometheus load',
    admin: true,
  },
  {
    page: 'explain',
    name: 'Delivery',
    href: explainHref(),
    icon: IconRoute,
    also: 'explain why message arrived unread count badge inbox',
  },
  {
    page: 'webhooks',
    name: 'Webhooks',
    href: tabHref('webhooks'),
    icon: IconWebhook,
    also: 'integrations deliveries incoming outgoing',
  },
  {
    page: 'audit',
    name: 'Audit',
    href: pageHref('audit'),
    icon: IconListCheck,
    also: 'record history log',
    admin: true,
  },
];
