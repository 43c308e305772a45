// Where one can go beside the rooms, as data: for the sidebar and for jumping. Each page is named once, here.
import { type Icon, IconListCheck, IconSparkles, IconTool, IconUserCheck } from '@tabler/icons-react';
import { pageHref, type Route, tabHref } from '../parts/route.ts';

export interface Place {
  page: Route['page'];
  name: string;
  href: string;
  icon: Icon;
  /** Other words one may look for it by. */
  also: string;
  admin?: true;
}

export const MINE: Place[] = [];

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
    page: 'audit',
    name: 'Audit',
    href: pageHref('audit'),
    icon: IconListCheck,
    also: 'record history log',
    admin: true,
  },
];
