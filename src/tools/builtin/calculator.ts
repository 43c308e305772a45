// Works out arithmetic that a model or a person wrote. The expression is hostile until proven otherwise: it is parsed, and only
// numbers, listed operators and listed functions are ever carried out, each after a look at what it would cost.
import { z } from 'zod';
import { defineTool, toolFailure } from '../tool.ts';
import { calculate } from './calculator-engine.ts';
import { CalculatorError } from './calculator-operations.ts';

const input = z.strictObject({
  expression: z
    .string()
    .min(1)
    .max(500)
    .describe('Arithmetic, e.g. "17 * 23", "sqrt(2) * 10^3", "15% * 80", "mean(1, 2, 3)".'),
});

/** Output: `{ expression, result, exact }`. Failures: `bad_expression`, `not_allowed`, `too_large`, `undefined_result`. */
export const calculatorTool = defineTool<z.infer<typeof input>>({
  name: 'calculator',
  byDefault: true,
  description:
    'Works out an arithmetic expression exactly. Knows + - * / ^ ! % mod, parentheses, pi, e, and functions such as sqrt, log, sin, round, min, max, mean.',
  input,
  effect: 'pure',
  timeoutMs: 2000,
  permissions: [],
  async execute({ expression }) {
    try {
      const { result, exact } = calculate(expression);
      return {
        ok: true,
        output: { expression: expression.trim(), result, exact },
        summary: `${expression.trim()} = ${result}`,
      };
    } catch (error) {
      if (error instanceof CalculatorError) return toolFailure(error.code, error.message);
      throw error;
    }
  },
});
