// The calculator on ordinary and on hostile input.
import { describe, expect, it } from 'vitest';
import { calculatorTool } from '../../src/tools/builtin/calculator.ts';
import { parseToolInput, toolParameters } from '../../src/tools/tool.ts';
import { context } from './context.ts';

const run = (expression: string) => calculatorTool.execute({ expression }, context());

describe('calculator', () => {
  it.each([
    ['17 * 23', '391'],
    ['0.1 + 0.2', '0.3'],
    ['2^100', '1267650600228229401496703205376'],
    ['1,000 × 3', '3000'],
    ['15% of 80', '12'],
    ['20%', '0.2'],
    ['10 % 3', '1'],
    ['-7 mod 3', '2'],
    ['(1 + 2) * (3 - 4) / 2', '-1.5'],
    ['sqrt(2)^2', '2'],
    ['sin(pi)', '0'],
    ['log(8, 2)', '3'],
    ['20!', '2432902008176640000'],
    ['combinations(52, 5)', '2598960'],
    ['mean(1, 2, 3, 6)', '3'],
    ['max(3, 9, 4)', '9'],
    ['round(2.567, 2)', '2.57'],
    ['12 / 4 =', '3'],
  ])('works out %s', async (expression, result) => {
    expect(await run(expression)).toMatchObject({ ok: true, output: { result, exact: true } });
  });

  it('says when digits were left out', async () => {
    expect(await run('1/3')).toMatchObject({
      ok: true,
      output: { result: '0.333333333333333', exact: false },
    });
  });

  it.each([
    ['import("fs")', 'not_allowed'],
    ['import({pi: 3}, {override: true})', 'not_allowed'],
    ['createUnit("foo")', 'not_allowed'],
    ['evaluate("1+1")', 'not_allowed'],
    ['parse("1+1")', 'not_allowed'],
    ['simplify("x+x")', 'not_allowed'],
    ['derivative("x^2", "x")', 'not_allowed'],
    ['config({})', 'not_allowed'],
    ['f(x) = x^2', 'not_allowed'],
    ['x = 3', 'not_allowed'],
    ['1; 2', 'not_allowed'],
    ['1\n2', 'not_allowed'],
    ['[1, 2; 3, 4]', 'not_allowed'],
    ['zeros(100000, 100000)', 'not_allowed'],
    ['ones(1e9)', 'not_allowed'],
    ['1:1000000000', 'not_allowed'],
    ['{a: 1}', 'not_allowed'],
    ['cos.constructor("return process")', 'not_allowed'],
    ['"a".constructor', 'not_allowed'],
    ['constructor', 'not_allowed'],
    ['__proto__', 'not_allowed'],
    ['toString(1)', 'not_allowed'],
    ['sqrt.sqrt(4)', 'not_allowed'],
    ['true ? 1 : 2', 'not_allowed'],
    ['random()', 'not_allowed'],
    ['i * i', 'not_allowed'],
    ['5 km', 'not_allowed'],
    ['9^9^9', 'too_large'],
    ['2^(10^9)', 'too_large'],
    ['1.0000001^1000000000', 'too_large'],
    ['99999!', 'too_large'],
    ['(450!)!', 'too_large'],
    ['(20!)!', 'too_large'],
    ['450! * 450!', 'too_large'],
    ['1e999999999', 'too_large'],
    ['1e900 mod 7', 'too_large'],
    ['sin(1e300)', 'too_large'],
    ['exp(1e9)', 'too_large'],
    ['combinations(1e9, 5e8)', 'too_large'],
    ['gcd(2^900, 3^500)', 'too_large'],
    [`${'1+'.repeat(150)}1`, 'too_large'],
    ['5/0', 'undefined_result'],
    ['0^-1', 'undefined_result'],
    ['sqrt(-1)', 'undefined_result'],
    ['log(0)', 'undefined_result'],
    ['asin(2)', 'undefined_result'],
    ['1.5!', 'undefined_result'],
    ['combinations(2, 3)', 'undefined_result'],
    ['2 +', 'bad_expression'],
    ['', 'bad_expression'],
    ['sqrt()', 'bad_expression'],
    ['sqrt(1, 2)', 'bad_expression'],
    ['('.repeat(400), 'bad_expression'],
  ])('answers %s with the failure %s', async (expression, code) => {
    expect(await run(expression)).toMatchObject({ ok: false, error: { code } });
  });

  it('keeps every answer short', async () => {
    for (const expression of ['450!', '2^3000', '10^1000', '1/7', '3^-500', '-(10^39)']) {
      const answer = await run(expression);
      expect(answer.ok && String((answer.output as { result: string }).result).length).toBeLessThan(60);
    }
  });

  it('refuses long expressions and unknown fields by its schema', () => {
    expect(parseToolInput(calculatorTool, { expression: '1'.repeat(501) })).toMatchObject({
      ok: false,
      error: { code: 'invalid_input' },
    });
    expect(parseToolInput(calculatorTool, { expression: '1', mode: 'x' }).ok).toBe(false);
    expect(toolParameters(calculatorTool)).toMatchObject({
      type: 'object',
      required: ['expression'],
      properties: { expression: { type: 'string', maxLength: 500 } },
      additionalProperties: false,
    });
  });
});
