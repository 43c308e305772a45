// All tools by name: the built-in ones, the same for everyone, and those that people defined or connected, by whose agent it is.
// Must never decide who may use one.
import type { Tool } from './tool.ts';

/** Whose tools are looked for. */
export interface ToolPlace {
  tenantId: string;
  agentId: string;
  /** Who answers for the agent, where that is known already; otherwise it is looked up. */
  ownerId?: string | null;
}

/** Tools that are not built in. A name that is built in is never theirs. */
export interface ToolSource {
  list(place: ToolPlace): Promise<readonly Tool[]>;
  /** The one of this name as it is now, so that what was taken away is gone at once. */
  find(place: ToolPlace, name: string): Promise<Tool | undefined>;
}

export interface ToolRegistry {
  /** A built-in tool. */
  find(name: string): Tool | undefined;
  /** The built-in tools, by name. */
  list(): readonly Tool[];
  names(): string[];
  /** A tool that this agent could have. */
  resolve(place: ToolPlace, name: string): Promise<Tool | undefined>;
  /** Every tool that this agent could have, by name. */
  all(place: ToolPlace): Promise<readonly Tool[]>;
}

/** @throws Error when two built-in tools share a name */
export function createToolRegistry(
  tools: readonly Tool[],
  sources: readonly ToolSource[] = [],
): ToolRegistry {
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    if (byName.has(tool.name)) throw new Error(`Two tools are named ${tool.name}; rename one.`);
    byName.set(tool.name, tool);
  }
  const sorted = [...byName.values()].sort(inOrder);
  return {
    find: (name) => byName.get(name),
    list: () => sorted,
    names: () => sorted.map((tool) => tool.name),
    async resolve(place, name) {
      const builtIn = byName.get(name);
      if (builtIn !== undefined) return builtIn;
      for (const source of sources) {
        const found = await source.find(place, name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    async all(place) {
      const found = new Map(byName);
      for (const source of sources)
        for (const tool of await source.list(place)) if (!found.has(tool.name)) found.set(tool.name, tool);
      return [...found.values()].sort(inOrder);
    },
  };
}

const inOrder = (a: Tool, b: Tool): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
