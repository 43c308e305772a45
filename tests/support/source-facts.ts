// What one source file imports, reads and draws, found in its syntax tree: comments and strings never mislead it.
// Must never judge; layers.ts does.
import { parseAst } from 'vitest/node';

export interface ImportFact {
  specifier: string;
  line: number;
  /** Gone at run time: `import type`, `export type … from`, or a type such as `import('x').T`. */
  typeOnly: boolean;
  names: string[];
}

export type UseKind = 'env' | 'env as an argument' | 'time' | 'randomness';

export interface UseFact {
  kind: UseKind;
  line: number;
  text: string;
}

export interface SourceFacts {
  imports: ImportFact[];
  uses: UseFact[];
  opensWithComment: boolean;
}

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** @throws SyntaxError-like errors of the parser, naming the place */
export function sourceFacts(path: string, source: string): SourceFacts {
  const facts: SourceFacts = {
    imports: [],
    uses: [],
    opensWithComment: /^(#!.*\n)?\s*\/[/*]/.test(source),
  };
  const lineOf = (node: Node) => source.slice(0, node.start).split('\n').length;
  const program = parseAst(source, { lang: path.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node;
  walk(program, undefined, (node, parent) => {
    const imported = importOf(node);
    if (imported) facts.imports.push({ ...imported, line: lineOf(node) });
    const kind = useOf(node, parent);
    if (kind)
      facts.uses.push({
        kind,
        line: lineOf(node),
        text: source.slice(node.start, node.end).split('\n')[0] ?? '',
      });
  });
  return facts;
}

function importOf(node: Node): Omit<ImportFact, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: textOf(node.source), typeOnly: node.importKind === 'type', names: namesOf(node) };
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (!node.source) return undefined;
      return { specifier: textOf(node.source), typeOnly: node.exportKind === 'type', names: namesOf(node) };
    case 'ImportExpression':
      if (typeof (node.source as Node).value !== 'string') return undefined;
      return { specifier: textOf(node.source), typeOnly: false, names: [] };
    case 'TSImportType':
      return { specifier: textOf(node.source), typeOnly: true, names: [] };
    default:
      return undefined;
  }
}

const textOf = (literal: unknown): string => String((literal as Node).value);

function namesOf(node: Node): string[] {
  const specifiers = (node.specifiers ?? []) as Node[];
  return specifiers.map((specifier) => nameOf(specifier.imported ?? specifier.local));
}

function nameOf(node: unknown): string {
  const { type, name, value } = (node ?? {}) as Node;
  return type === 'Identifier' ? String(name) : type === 'Literal' ? String(value) : '';
}

const OWN_RANDOMNESS: Record<string, RegExp> = {
  crypto: /^(random\w+|getRandomValues|generateKey\w*)$/,
  'node:crypto': /^(random\w+|getRandomValues|generateKey\w*)$/,
  uuid: /^v[1467]$/,
};

function useOf(node: Node, parent: Node | undefined): UseKind | undefined {
  switch (node.type) {
    case 'MemberExpression': {
      const [object, property] = [lastNameOf(node.object), memberName(node)];
      if (object === 'process' && property === 'env')
        return isArgument(node, parent) ? 'env as an argument' : 'env';
      if (object === 'Date' && property === 'now') return 'time';
      if (object === 'Math' && property === 'random') return 'randomness';
      if (object === 'crypto' && /^(randomUUID|randomBytes|randomInt|getRandomValues)$/.test(property))
        return 'randomness';
      return undefined;
    }
    case 'NewExpression':
      return nameOf(node.callee) === 'Date' && (node.arguments as Node[]).length === 0 ? 'time' : undefined;
    case 'CallExpression':
      return nameOf(node.callee) === 'Date' ? 'time' : undefined;
    case 'VariableDeclarator':
      return takes(node, 'process', 'env')
        ? 'env'
        : takes(node, 'Date', 'now')
          ? 'time'
          : takes(node, 'Math', 'random')
            ? 'randomness'
            : undefined;
    case 'ImportDeclaration': {
      if (/^(node:)?process$/.test(textOf(node.source)) && namesOf(node).includes('env')) return 'env';
      const forbidden = node.importKind === 'type' ? undefined : OWN_RANDOMNESS[textOf(node.source)];
      return forbidden && namesOf(node).some((name) => forbidden.test(name)) ? 'randomness' : undefined;
    }
    default:
      return undefined;
  }
}

function memberName(node: Node): string {
  const property = node.property as Node;
  if (node.computed) return property.type === 'Literal' ? String(property.value) : '';
  return nameOf(property);
}

/** `process` of both `process` and `globalThis.process`. */
function lastNameOf(node: unknown): string {
  const expression = node as Node;
  return expression.type === 'MemberExpression' ? memberName(expression) : nameOf(expression);
}

function isArgument(node: Node, parent: Node | undefined): boolean {
  return parent?.type === 'CallExpression' && (parent.arguments as Node[]).includes(node);
}

/** `const { env } = process` */
function takes(declarator: Node, object: string, property: string): boolean {
  const pattern = declarator.id as Node;
  if (pattern.type !== 'ObjectPattern' || !declarator.init || lastNameOf(declarator.init) !== object)
    return false;
  return (pattern.properties as Node[]).some((entry) => nameOf(entry.key) === property);
}

function walk(
  node: Node,
  parent: Node | undefined,
  visit: (node: Node, parent: Node | undefined) => void,
): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && typeof (child as Node).type === 'string')
        walk(child as Node, node, visit);
    }
  }
}
