// Evaluates an arithmetic expression: mathjs parses, and this walk carries out the listed nodes one by one.
// Must never call mathjs's own evaluate or compile: they reach functions, units, matrices, assignments and imports.
import type { BigNumber, MathNode } from 'mathjs';
import {
  bounded,
  CalculatorError,
  CONSTANTS,
  FUNCTIONS,
  math,
  OPERATORS,
  type Operation,
  PRECISION,
} from './calculator-operations.ts';

const MAX_LENGTH = 500;
const MAX_NODES = 200;
const MAX_ARGUMENTS = 100;
/** Significant digits of an answer that is not a whole number. */
const SHOWN_DIGITS = 15;
/** Digits at the end of a long calculation that rounding may have spoilt. */
const GUARD_DIGITS = 14;
/** A whole number longer than this is shown with an exponent. */
const MAX_SHOWN_INTEGER = 40;

export interface Calculation {
  result: string;
  /** False when digits were left out. */
  exact: boolean;
}

/** @throws CalculatorError */
export function calculate(expression: string): Calculation {
  if (expression.length > MAX_LENGTH) {
    throw new CalculatorError('too_large', `The expression is longer than ${MAX_LENGTH} characters.`);
  }
  const tree = parse(tidy(expression));
  let nodes = 0;
  tree.traverse(() => {
    nodes++;
  });
  if (nodes > MAX_NODES)
    throw new CalculatorError('too_large', `The expression has more than ${MAX_NODES} parts.`);
  return show(walk(tree));
}

/** People write 1,000 and × and "15% of 80"; mathjs does not. Commas stay where a function's arguments may need them. */
function tidy(expression: string): string {
  const plain = expression
    .replace(/[×·]/g, '*')
    .replace(/÷/g, '/')
    .replace(/[−–]/g, '-')
    .replace(/\*\*/g, '^')
    .replace(/%\s+of\b/gi, '/100 *')
    .replace(/\s*=\s*\??\s*$/, '');
  return /[a-z]/i.test(plain) ? plain : plain.replace(/(?<=\d),(?=\d{3}(?!\d))/g, '');
}

function parse(expression: string): MathNode {
  try {
    if (expression.trim() !== '') return math.parse(expression);
  } catch {
    // Reported below: the parser's own words would confuse.
  }
  const help = 'That is not an arithmetic expression. Write it like "17 * 23" or "sqrt(2) + 1".';
  throw new CalculatorError('bad_expression', help);
}

/** The parts of mathjs's nodes that are looked at; everything else about them is ignored. */
interface Node {
  type: string;
  value?: unknown;
  name?: string;
  fn?: unknown;
  args?: MathNode[];
  content?: MathNode;
}

function walk(mathNode: MathNode): BigNumber {
  const node = mathNode as unknown as Node;
  switch (node.type) {
    case 'ConstantNode':
      // The parser writes 20% as 20 / 100 with a plain number.
      if (typeof node.value === 'number') return bounded(math.bignumber(node.value));
      if (!math.isBigNumber(node.value)) throw notAllowed(`the value "${String(node.value).slice(0, 40)}"`);
      return bounded(node.value);
    case 'ParenthesisNode':
      return walk(node.content as MathNode);
    case 'SymbolNode':
      return bounded((lookUp(CONSTANTS, node.name) as () => BigNumber)());
    case 'OperatorNode':
      return carryOut(lookUp(OPERATORS, node.fn), node.args ?? []);
    case 'FunctionNode': {
      const callee = node.fn as Node;
      if (callee.type !== 'SymbolNode') throw notAllowed('calling anything but a function by its name');
      return carryOut(lookUp(FUNCTIONS, callee.name), node.args ?? []);
    }
    default:
      throw notAllowed(`this kind of expression (${node.type.replace(/Node$/, '').toLowerCase()})`);
  }
}

function carryOut(operation: Operation, args: MathNode[]): BigNumber {
  if (args.length > MAX_ARGUMENTS)
    throw new CalculatorError('too_large', `More than ${MAX_ARGUMENTS} arguments.`);
  return bounded(operation(...args.map(walk)));
}

function lookUp(table: Readonly<Record<string, Operation>>, name: unknown): Operation {
  const found = typeof name === 'string' && Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw notAllowed(`"${String(name).slice(0, 40)}"`);
  return found;
}

function show(value: BigNumber): Calculation {
  const rounded = value.toSignificantDigits(PRECISION - GUARD_DIGITS);
  if (rounded.isInteger() && rounded.e < MAX_SHOWN_INTEGER) {
    return { result: rounded.isZero() ? '0' : rounded.toFixed(0), exact: true };
  }
  const short = value.toSignificantDigits(SHOWN_DIGITS);
  return {
    result: short.e >= 21 || short.e < -7 ? short.toExponential() : short.toFixed(),
    exact: short.eq(value),
  };
}

function notAllowed(what: string): CalculatorError {
  const knows = 'It takes numbers, + - * / ^ ! %, parentheses, pi, e and common functions.';
  return new CalculatorError('not_allowed', `The calculator does not know ${what}. ${knows}`);
}
