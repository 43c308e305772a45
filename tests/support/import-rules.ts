// Who may import whom: the layer table of ARCHITECTURE.md as one pure function from an import to a verdict.
// Must never read files or syntax. A new folder of src/ needs a row here before anything in it passes.
import { posix } from 'node:path';

export interface Import {
  from: string;
  /** Path in the repository, or the name of a package. */
  to: string;
  typeOnly: boolean;
}

export interface Broken {
  rule: string;
  instead: string;
}

const COMPOSITION = new Set(['src/app.ts', 'src/main.ts', 'src/cli.ts']);

/** The path that a specifier means, or the package's name. */
export function targetOf(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

/** The broken rule of one import, if any. */
export function checkImport(imported: Import): Broken | undefined {
  const { from, to } = imported;
  if (COMPOSITION.has(from)) return undefined;
  if (inFolder(from, 'web')) return checkWeb(imported);
  if (inFolder(from, 'client-sdk')) return checkSdk(imported);
  if (isPackage(to) && !to.startsWith('@parley/'))
    return isContract(from) ? checkContract(imported) : undefined;
  if (
    /^@parley\//.test(to) ||
    ['web', 'client-sdk', 'tests', 'bench', 'scripts'].some((folder) => inFolder(to, folder))
  ) {
    return {
      rule: `src/ imports nothing of ${to}`,
      instead: 'put what both need into a contract.ts, which the SDK imports from here',
    };
  }
  if (isContract(from)) return checkContract(imported);
  if (inFolder(from, 'src/core')) return checkCore(imported);
  if (!inFolder(to, 'src')) return undefined;
  if (inFolder(from, 'src/server/transports')) return checkTransport(imported);
  return checkStack(imported);
}

/** The module that a file belongs to, such as `src/server/rooms`. */
export function moduleOf(path: string): string | undefined {
  return /^src\/(server|agents)\/[^/]+(?=\/)/.exec(path)?.[0];
}

function checkWeb({ to }: Import): Broken | undefined {
  const allowed = isPackage(to) ? to !== '@parley/web' : inFolder(to, 'web');
  if (allowed) return undefined;
  return {
    rule: 'the console imports only @parley/client and itself',
    instead: "import it from '@parley/client'; if the SDK does not offer it, add it there first",
  };
}

function checkSdk({ to, typeOnly }: Import): Broken | undefined {
  if (isPackage(to) ? !to.startsWith('@parley/') : inFolder(to, 'client-sdk')) return undefined;
  if (!isContract(to)) {
    return {
      rule: 'the SDK imports only contract.ts files of the server, and its own',
      instead: 'move the type to the contract.ts of its module, or write it in client-sdk/src',
    };
  }
  if (typeOnly) return undefined;
  return {
    rule: 'the SDK imports contracts as types only, so that no server code or zod is shipped with it',
    instead: 'write `import type { … }`',
  };
}

function checkContract({ from, to }: Import): Broken | undefined {
  const inReach = inFolder(from, 'src/core') ? inFolder(to, 'src/core') : true;
  if (to === 'zod' || to.startsWith('zod/') || (isContract(to) && inReach)) return undefined;
  return {
    rule: 'a contract.ts imports only zod, core/contract.ts and other contract.ts files: browsers read it',
    instead: 'state it as data in the contract and keep the logic in the module’s service.ts',
  };
}

function checkCore({ from, to, typeOnly }: Import): Broken | undefined {
  if (!inFolder(to, 'src') || inFolder(to, 'src/core')) return undefined;
  if (from === 'src/core/db/tables.ts' && to.endsWith('/tables.ts')) {
    if (typeOnly) return undefined;
    return { rule: 'core/db/tables.ts imports tables as types only', instead: 'write `import type { … }`' };
  }
  return {
    rule: 'core imports nothing else in src/, because it has no opinion about chat',
    instead: 'take it as a parameter, typed by an interface in core, and let src/app.ts pass it in',
  };
}

function checkTransport({ to }: Import): Broken | undefined {
  if (inFolder(to, 'src/core') || inFolder(to, 'src/server/transports')) return undefined;
  return {
    rule: 'a transport imports core and its siblings only; modules reach it as data',
    instead: 'take the operations, topics or a function as a parameter, and let src/app.ts pass them in',
  };
}

/** The layers above core, lowest first; each with the folders whose service.ts it may import. */
const STACK: { folder: string; services: string[]; rule: string; instead: string }[] = [
  {
    folder: 'src/server',
    services: ['src/server'],
    rule: 'a server module imports core, any contract.ts and other server modules’ service.ts, and no agents’ code',
    instead:
      'call the other module’s service.ts (export it there); what agents, memory or tools must do, let them do on an event',
  },
  {
    folder: 'src/memory',
    services: [],
    rule: 'memory imports core and contract.ts files',
    instead: 'take it as a parameter, as the embedder is, and let src/app.ts pass it in',
  },
  {
    folder: 'src/tools',
    services: ['src/memory', 'src/server'],
    rule: 'tools import core, contract.ts files and the service.ts of memory and of server modules',
    instead: 'call a service.ts (export it there), or take it as a parameter from src/app.ts',
  },
  {
    folder: 'src/agents',
    services: ['src/server', 'src/memory', 'src/tools', 'src/agents'],
    rule: 'agents import core, contract.ts files, each other, and the service.ts of any lower module',
    instead: 'call a service.ts (export it there), or take it as a parameter',
  },
];

function checkStack({ from, to }: Import): Broken | undefined {
  const layer = STACK.find(({ folder }) => inFolder(from, folder));
  if (!layer) {
    return {
      rule: `${from} is in no layer that ARCHITECTURE.md names`,
      instead:
        'move it into the folder whose meaning it shares; only app.ts, main.ts and cli.ts stand in src/ itself',
    };
  }
  if (inFolder(to, 'src/core') || isContract(to) || inOwnFolder(from, to)) return undefined;
  if (isAgentsComposer(from, to)) return undefined;
  const isService = to.endsWith('/service.ts') && !inFolder(to, 'src/server/transports');
  if (isService && layer.services.some((folder) => inFolder(to, folder))) return undefined;
  return { rule: layer.rule, instead: layer.instead };
}

/** Memory, tools and agents are one layer each; the server's modules stand apart. Cycles are caught elsewhere. */
function inOwnFolder(from: string, to: string): boolean {
  const module = inFolder(from, 'src/server') ? moduleOf(from) : undefined;
  if (module !== undefined) return inFolder(to, module);
  return ['src/memory', 'src/tools', 'src/agents'].some(
    (folder) => inFolder(from, folder) && inFolder(to, folder),
  );
}

/** Puts the parts of the agents' layers together on behalf of src/app.ts, so it may know their insides. */
const isAgentsComposer = (from: string, to: string): boolean =>
  from === 'src/agents/layer.ts' && (inFolder(to, 'src/memory') || inFolder(to, 'src/tools'));

const inFolder = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const isContract = (path: string): boolean => /(^|\/)contract\.ts$/.test(path) && inFolder(path, 'src');
/** Packages have no folder of the repository in front; imports that leave the repository start with `..`. */
const isPackage = (to: string): boolean =>
  !/^(\.\.|src|web|client-sdk|tests|bench|scripts|migrations)(\/|$)/.test(to) && to !== 'package.json';
