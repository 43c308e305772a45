// The operations the calculator knows, on decimals of 64 digits. Each looks at its operands first: none may start work whose cost
// it has not bounded, whatever numbers it is given.
import { createRequire } from 'node:module';
import type { BigNumber, FactoryFunctionMap } from 'mathjs';

export type CalculatorErrorCode = 'bad_expression' | 'not_allowed' | 'too_large' | 'undefined_result';

export class CalculatorError extends Error {
  readonly code: CalculatorErrorCode;
  constructor(code: CalculatorErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Significant digits carried. */
export const PRECISION = 64;
/** Decimal digits before the point that a value may have. */
const MAX_MAGNITUDE = 1000;
const MAX_EXPONENT = 100_000;
const MAX_FACTORIAL = 450;
const MAX_CHOICE = 1000;
/** Beyond it, reducing an angle takes long and means nothing. */
const MAX_ANGLE = 1e15;

/** The package's single file: its thousand modules take a start half a second to load. */
const { all, create } = createRequire(import.meta.url)(
  'mathjs/lib/browser/math.js',
) as typeof import('mathjs');

export const math = create(all as FactoryFunctionMap, { number: 'BigNumber', precision: PRECISION });

type One = (a: BigNumber) => BigNumber;
export type Operation = (...values: BigNumber[]) => unknown;

const one =
  (run: One): Operation =>
  (...values) =>
    run(exactly(values, 1)[0] as BigNumber);

const two =
  (run: (a: BigNumber, b: BigNumber) => BigNumber): Operation =>
  (...values) =>
    run(...(exactly(values, 2) as [BigNumber, BigNumber]));

const many =
  (run: (values: BigNumber[]) => unknown): Operation =>
  (...values) => {
    if (values.length === 0) throw new CalculatorError('bad_expression', 'A function got no arguments.');
    return run(values);
  };

const divide = two((a, b) => a.div(nonZero(b)));
const remainder = two(mod);
const factorial = one((a) => product(1, count(a, MAX_FACTORIAL)));

/** By mathjs's names of the operators in its syntax tree. */
export const OPERATORS: Readonly<Record<string, Operation>> = {
  add: two((a, b) => a.plus(b)),
  subtract: two((a, b) => a.minus(b)),
  multiply: two((a, b) => a.times(b)),
  divide,
  mod: remainder,
  pow: two(power),
  unaryMinus: one((a) => a.neg()),
  unaryPlus: one((a) => a),
  unaryPercentage: one((a) => a.div(100)),
  factorial,
};

export const FUNCTIONS: Readonly<Record<string, Operation>> = {
  abs: one((a) => a.abs()),
  sign: one((a) => big(a.isZero() ? 0 : a.isNegative() ? -1 : 1)),
  sqrt: one((a) => a.sqrt()),
  cbrt: one((a) => a.cbrt()),
  exp: one((a) => power(big(1).exp(), a)),
  ln: one((a) => positive(a).ln()),
  log: (...values) =>
    values.length === 2 ? logarithm(values) : positive(exactly(values, 1)[0] as BigNumber).ln(),
  log10: one((a) => positive(a).log(10)),
  log2: one((a) => positive(a).log(2)),
  sin: one((a) => near(angle(a).sin())),
  cos: one((a) => near(angle(a).cos())),
  tan: one((a) => near(angle(a).tan())),
  asin: one((a) => a.asin()),
  acos: one((a) => a.acos()),
  atan: one((a) => a.atan()),
  floor: one((a) => a.floor()),
  ceil: one((a) => a.ceil()),
  round: (...values) =>
    values.length === 2 ? roundTo(values) : (exactly(values, 1)[0] as BigNumber).round(),
  pow: two(power),
  mod: remainder,
  factorial,
  combinations: two((n, k) => choose(n, k).div(product(1, count(k, MAX_CHOICE)))),
  permutations: two(choose),
  gcd: many((values) => math.gcd(...(values.map(whole) as [BigNumber, BigNumber]))),
  lcm: many((values) => math.lcm(...(values.map(whole) as [BigNumber, BigNumber]))),
  min: many((values) => math.min(...values)),
  max: many((values) => math.max(...values)),
  sum: many((values) => math.sum(...values)),
  mean: many((values) => math.mean(...values)),
  median: many((values) => math.median(...values)),
  std: many((values) => math.std(...values)),
};

export const CONSTANTS: Readonly<Record<string, () => BigNumber>> = {
  pi: () => big(-1).acos(),
  e: () => big(1).exp(),
};

/** Every value on the way is a finite real number of bounded size, so that the next operation's cost is bounded, too. */
export function bounded(value: unknown): BigNumber {
  if (!math.isBigNumber(value)) throw undefinedResult('The result is not a real number.');
  if (value.isNaN()) throw undefinedResult('The result is not defined.');
  if (!value.isFinite() || value.e > MAX_MAGNITUDE) throw tooLarge();
  // Smaller than anything shown: zero, so that no exponent runs away downwards.
  return value.e < -MAX_MAGNITUDE ? big(0) : value;
}

function power(base: BigNumber, exponent: BigNumber): BigNumber {
  if (base.isZero() && exponent.isNegative() && !exponent.isZero())
    throw undefinedResult('Division by zero.');
  if (!base.isZero() && !exponent.isZero()) {
    if (exponent.abs().gt(MAX_EXPONENT)) throw tooLarge();
    const magnitude = base.abs().log(10).times(exponent);
    if (magnitude.gt(MAX_MAGNITUDE)) throw tooLarge();
    if (magnitude.lt(-MAX_MAGNITUDE)) return big(0);
  }
  return base.pow(exponent);
}

/** The sign follows the divisor, as in mathematics. A remainder takes as many digits as the operands lie apart. */
function mod(value: BigNumber, divisor: BigNumber): BigNumber {
  nonZero(divisor);
  if (value.e - divisor.e > PRECISION - 4) throw tooLarge();
  const rest = value.mod(divisor);
  return rest.isZero() || rest.isNegative() === divisor.isNegative() ? rest : rest.plus(divisor);
}

function logarithm(values: BigNumber[]): BigNumber {
  const [value, base] = exactly(values, 2) as [BigNumber, BigNumber];
  return positive(value)
    .ln()
    .div(nonZero(positive(base).ln()));
}

function roundTo(values: BigNumber[]): BigNumber {
  const [value, places] = exactly(values, 2) as [BigNumber, BigNumber];
  return value.toDecimalPlaces(count(places, 30));
}

/** n (n-1) … (n-k+1) */
function choose(n: BigNumber, k: BigNumber): BigNumber {
  const [all, some] = [count(n, MAX_CHOICE), count(k, MAX_CHOICE)];
  if (some > all) throw undefinedResult('One cannot choose more than there are.');
  return product(all - some + 1, all);
}

function product(from: number, to: number): BigNumber {
  let result = big(1);
  for (let factor = from; factor <= to; factor++) result = result.times(factor);
  return result;
}

function count(value: BigNumber, max: number): number {
  if (!value.isInteger() || value.isNegative())
    throw undefinedResult('That needs a whole number that is not negative.');
  if (value.gt(max)) throw tooLarge();
  return value.toNumber();
}

function angle(value: BigNumber): BigNumber {
  if (value.abs().gt(MAX_ANGLE)) throw tooLarge();
  return value;
}

/** pi has only so many digits, so sin(pi) is not quite zero. */
const near = (value: BigNumber): BigNumber => (value.abs().lt('1e-55') ? big(0) : value);

function whole(value: BigNumber): BigNumber {
  if (!value.isInteger()) throw undefinedResult('That needs whole numbers.');
  if (value.e > PRECISION - 4) throw tooLarge();
  return value;
}

function positive(value: BigNumber): BigNumber {
  if (!value.gt(0)) throw undefinedResult('A logarithm needs a positive number.');
  return value;
}

function nonZero(value: BigNumber): BigNumber {
  if (value.isZero()) throw undefinedResult('Division by zero.');
  return value;
}

function exactly(values: BigNumber[], n: number): BigNumber[] {
  if (values.length === n) return values;
  throw new CalculatorError('bad_expression', `A function got ${values.length} arguments instead of ${n}.`);
}

const big = (value: number): BigNumber => math.bignumber(value);
const tooLarge = (): CalculatorError =>
  new CalculatorError('too_large', 'The numbers get too large to work with.');
const undefinedResult = (message: string): CalculatorError =>
  new CalculatorError('undefined_result', message);
