// Keeps the program's shape: judges a tree of sources, given as text, by the rules of ARCHITECTURE.md.
// Pure, so that planted violations prove that it sees them. Must never read the disk.
import { posix } from 'node:path';
import { checkImport, moduleOf, targetOf } from './import-rules.ts';
import { type SourceFacts, sourceFacts, type UseFact } from './source-facts.ts';

export interface Violation {
  file: string;
  line: number;
  rule: string;
  instead: string;
}

/** Sources by path in the repository, `/` between folders. */
export type Tree = Record<string, string>;

export function checkTree(tree: Tree): Violation[] {
  const edges: Edge[] = [];
  const violations = Object.entries(tree).flatMap(([file, source]) => {
    const found = checkName(file);
    let facts: SourceFacts;
    try {
      facts = sourceFacts(file, source);
    } catch (error) {
      const rule = `it cannot be parsed: ${(error as Error).message.split('\n')[0]}`;
      return [...found, { file, line: 1, rule, instead: 'correct the syntax' }];
    }
    if (!facts.opensWithComment) {
      found.push({
        file,
        line: 1,
        rule: 'each file opens with a comment',
        instead: 'say in one to five lines what it is for and what it must never do',
      });
    }
    for (const { specifier, line, typeOnly } of facts.imports) {
      const to = targetOf(file, specifier);
      const broken = checkImport({ from: file, to, typeOnly });
      if (broken)
        found.push({ file, line, rule: `${broken.rule} (it imports ${to})`, instead: broken.instead });
      else
        edges.push({
          file,
          line,
          from: moduleOf(file),
          to: to.endsWith('/contract.ts') ? undefined : moduleOf(to),
        });
    }
    if (file.startsWith('src/')) found.push(...facts.uses.flatMap((use) => checkUse(file, use)));
    return found;
  });
  return [...violations, ...findCycles(edges)];
}

/** One violation as a reader wants it: where, what, and what to do. */
export function describeViolation({ file, line, rule, instead }: Violation): string {
  return `${file}:${line}\n  rule: ${rule}\n  instead: ${instead}`;
}

function checkName(file: string): Violation[] {
  const name = posix.basename(file);
  if (/^index\.tsx?$/.test(name) && file !== 'client-sdk/src/index.ts') {
    return [
      {
        file,
        line: 1,
        rule: 'no barrels: client-sdk/src/index.ts is the only index file',
        instead: 'name the file after what it holds, and import each thing from the file that has it',
      },
    ];
  }
  if (/^utils?(\W|_|[A-Z]|$)/.test(name) || /\/utils?\//.test(file)) {
    return [
      {
        file,
        line: 1,
        rule: 'nothing is called utils',
        instead: 'name it after the one idea it holds, beside what uses it',
      },
    ];
  }
  return [];
}

const MAY_READ_ENV = new Set(['src/core/config.ts']);
const MAY_PASS_ENV = new Set(['src/core/config.ts', 'src/main.ts', 'src/cli.ts']);
const MAY_READ_TIME = new Set(['src/core/clock.ts', 'src/core/ids.ts']);

function checkUse(file: string, { kind, line, text }: UseFact): Violation[] {
  if (kind === 'env' || kind === 'env as an argument') {
    if ((kind === 'env' ? MAY_READ_ENV : MAY_PASS_ENV).has(file)) return [];
    return [
      {
        file,
        line,
        rule: `the environment is read in core/config.ts only (${text})`,
        instead:
          'add the variable to core/config.ts and take its value from the config; main.ts and cli.ts pass process.env on',
      },
    ];
  }
  if (MAY_READ_TIME.has(file)) return [];
  return [
    kind === 'time'
      ? {
          file,
          line,
          rule: `the time is read in core/clock.ts only (${text})`,
          instead: 'take a Clock as a parameter and call clock.now() or clock.date()',
        }
      : {
          file,
          line,
          rule: `randomness is drawn in core/ids.ts only (${text})`,
          instead: 'use newId(), randomToken() or random() of core/ids.ts, or add there what is missing',
        },
  ];
}

interface Edge {
  file: string;
  line: number;
  from: string | undefined;
  to: string | undefined;
}

/** Modules form a DAG: each import that closes a circle is one violation. */
function findCycles(edges: Edge[]): Violation[] {
  const between = edges.filter(
    (edge) => edge.from !== undefined && edge.to !== undefined && edge.from !== edge.to,
  );
  const next = new Map<string, Edge[]>();
  for (const edge of between) next.set(edge.from as string, [...(next.get(edge.from as string) ?? []), edge]);

  const violations: Violation[] = [];
  const finished = new Set<string>();
  const visit = (module: string, path: string[]): void => {
    for (const { file, line, to } of next.get(module) ?? []) {
      const target = to as string;
      if (path.includes(target)) {
        const circle = [...path.slice(path.indexOf(target)), target]
          .map((name) => posix.basename(name))
          .join(' → ');
        violations.push({
          file,
          line,
          rule: `modules import each other’s services without circles (${circle})`,
          instead:
            'reverse one arrow: let one side handle the other’s event, or take a function as a parameter from src/app.ts',
        });
      } else if (!finished.has(target)) visit(target, [...path, target]);
    }
    finished.add(module);
  };
  for (const module of [...next.keys()].sort()) if (!finished.has(module)) visit(module, [module]);
  return violations;
}
