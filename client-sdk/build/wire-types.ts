// Writes the wire's types out in full, as the type checker sees them, so that the published package needs neither the
// server's sources nor zod. Must never change what a type says: it is printed, and named again where it has a name.
import { readFileSync } from 'node:fs';
import { API, SymbolFlags } from 'typescript/unstable/sync';

/** NodeBuilderFlags: NoTruncation, and InTypeAlias, which prints what an alias stands for instead of its name. */
const IN_FULL = 1 | (1 << 23);
/** Not types of data, but ways to ask the tables: they are kept as they are written. */
const KEPT = /^export type (\w+)(?:<[^=]*>)? =\s+(?:keyof \w+|\w+\[\w+\]\['\w+'\]);/gm;
const TABLES = /^export interface (\w+)/gm;

/**
 * @param root folder of the repository's tsconfig.json
 * @param file absolute path of wire.ts
 * @returns a module of types without imports
 */
export function wireTypes(root: string, file: string): string {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] }).getProjects()[0];
    const source = project?.program.getSourceFile(file);
    const wire = source && project?.checker.getSymbolAtLocation(source);
    if (project === undefined || wire === undefined)
      throw new Error(`${file} is not part of ${root}/tsconfig.json`);
    const { checker } = project;
    const text = readFileSync(file, 'utf8');
    const kept = new Map([...text.matchAll(KEPT)].map((match) => [match[1], match[0]]));
    const isTable = new Set([...text.matchAll(TABLES)].map((match) => match[1]));
    const printed = new Map<string, string>();
    const tables: string[] = [];
    for (const exported of checker.getExportsOfModule(wire)) {
      const { name } = exported;
      if (kept.has(name)) continue;
      const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      if (!isTable.has(name)) {
        printed.set(name, checker.typeToString(type, undefined, IN_FULL));
        continue;
      }
      const rows = checker.getPropertiesOfType(type).map((property) => {
        const row = checker.getTypeOfSymbol(property);
        if (row === undefined) throw new Error(`${name}['${property.name}'] has no type`);
        return `  '${property.name}': ${inFull(checker, row)};`;
      });
      tables.push(`export interface ${name} {\n${rows.join('\n')}\n}`);
    }
    const named = [...printed]
      .filter(([, text]) => text.startsWith('{'))
      .sort((a, b) => b[1].length - a[1].length);
    const name = (text: string, self?: string) =>
      named.reduce(
        (all, [alias, full]) =>
          alias === self || (self !== undefined && full.length >= (printed.get(self)?.length ?? 0))
            ? all
            : all.replaceAll(full, alias),
        text,
      );
    const aliases = [...printed].map(([alias, text]) => `export type ${alias} = ${name(text, alias)};`);
    return [...aliases, ...tables.map((table) => name(table)), ...kept.values()].join('\n');
  } finally {
    api.close();
  }

  function inFull(checker: Checker, type: NonNullable<ReturnType<Checker['getTypeOfSymbol']>>): string {
    const parts = checker.getPropertiesOfType(type);
    const isOperation = parts.length === 2 && parts.every((part) => ['input', 'output'].includes(part.name));
    if (!isOperation) return checker.typeToString(type, undefined, IN_FULL);
    const sides = parts.map((part) => {
      const side = checker.getTypeOfSymbol(part);
      return `${part.name}: ${side === undefined ? 'unknown' : checker.typeToString(side, undefined, IN_FULL)}`;
    });
    return `{ ${sides.join('; ')} }`;
  }
}

type Checker = ReturnType<ReturnType<API['updateSnapshot']>['getProjects']>[number]['checker'];
