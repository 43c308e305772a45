// Which provider is picked and why; what a call costs; what a text will cost before it is sent.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costUsd, priceOf } from '../../../src/agents/llm/prices.ts';
import { createLlmRouter } from '../../../src/agents/llm/router.ts';
import { estimateTokens } from '../../../src/agents/llm/tokens.ts';
import { toolNames } from '../../../src/agents/llm/tool-names.ts';
import { playing } from './support.ts';

const [anthropic, openai, cloudflare, scripted] = [playing(), playing(), playing(), playing()];

describe('router', () => {
  it.each([
    [{ anthropic, openai }, 'openai', 'gpt-4o', openai, 'gpt-4o', 'asked'],
    [{ openai }, 'anthropic', 'claude-opus-5', scripted, 'scripted', 'no_key_for_anthropic'],
    [{}, 'cloudflare', '@cf/x', scripted, 'scripted', 'no_key_for_cloudflare'],
    [{ anthropic }, 'scripted', '', scripted, 'scripted', 'asked'],
    [{ anthropic }, 'mistral', 'large', scripted, 'scripted', 'unknown_provider'],
    [
      { anthropic, openai, cloudflare },
      'auto',
      undefined,
      anthropic,
      'claude-sonnet-5-5',
      'preferred_by_auto',
    ],
    [{ openai, cloudflare }, 'auto', undefined, openai, 'gpt-5-mini', 'preferred_by_auto'],
    [
      { cloudflare },
      'auto',
      undefined,
      cloudflare,
      '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
      'preferred_by_auto',
    ],
    [{}, 'auto', undefined, scripted, 'scripted', 'no_provider_configured'],
    [{ anthropic, openai }, 'auto', 'gpt-4o', openai, 'gpt-4o', 'preferred_by_auto'],
    [{ anthropic }, 'auto', 'gpt-4o', anthropic, 'claude-sonnet-5-5', 'preferred_by_auto'],
    [{ openai }, 'auto', 'qwen3:8b', openai, 'qwen3:8b', 'preferred_by_auto'],
  ])('with %o, %s and %s', (configured, provider, model, llm, picked, reason) => {
    const router = createLlmRouter({ ...configured, scripted });
    expect(router.pick({ provider, ...(model === undefined ? {} : { model }) })).toMatchObject({
      model: picked,
      reason,
    });
    expect(router.pick({ provider, ...(model === undefined ? {} : { model }) }).llm).toBe(llm);
  });

  it('uses the default model where it fits', () => {
    const router = createLlmRouter({ anthropic, openai, scripted, defaultModel: 'claude-opus-5' });
    expect(router.pick({ provider: 'auto' }).model).toBe('claude-opus-5');
    expect(router.pick({ provider: 'openai' }).model).toBe('gpt-5-mini');
    expect(router.configured()).toEqual(['anthropic', 'openai']);
  });
});

describe('prices', () => {
  it('knows dated, prefixed and long-context prices, and does not guess', () => {
    expect(costUsd('claude-sonnet-4-5-20250929', { inputTokens: 1e6, outputTokens: 1e6 })).toBe(18);
    expect(costUsd('anthropic/claude-haiku-4-5', { inputTokens: 2e6, outputTokens: 0 })).toBe(2);
    expect(costUsd('claude-haiku-5-5', { inputTokens: 100_000, outputTokens: 0 })).toBeCloseTo(0.01);
    expect(costUsd('claude-haiku-5-5', { inputTokens: 100_001, outputTokens: 0 })).toBeCloseTo(0.05, 4);
    expect(costUsd('gpt-5-2025-08-07', { inputTokens: 0, outputTokens: 1e6 })).toBe(10);
    expect(costUsd('scripted', { inputTokens: 5, outputTokens: 5 })).toBe(0);
    expect(priceOf('gpt-5-unheard-of')).toBeUndefined();
    expect(priceOf('constructor')).toBeUndefined();
    expect(costUsd('mine', { inputTokens: 1e6, outputTokens: 0 }, { mine: { input: 3, output: 1 } })).toBe(3);
  });
});

describe('token estimate', () => {
  it('is about a quarter of plain English, and higher for what tokenizers split finer', () => {
    expect(estimateTokens('the quick brown fox jumps over the lazy dog ')).toBe(11);
    expect(estimateTokens('会議は東京です')).toBeGreaterThanOrEqual(7);
    expect(estimateTokens('любимый цвет')).toBeGreaterThanOrEqual(6);
    expect(estimateTokens('😀😀')).toBeGreaterThanOrEqual(4);
    expect(estimateTokens('')).toBe(0);
  });

  it('never shrinks when text is added', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(estimateTokens(a + b)).toBeGreaterThanOrEqual(estimateTokens(a));
      }),
    );
  });
});

describe('tool names', () => {
  it('go out as APIs allow them, differ, and come back as they were', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 80 }), { maxLength: 12 }), (names) => {
        const map = toolNames(names.map((name) => ({ name })));
        const wire = names.map((name) => map.toWire(name));
        for (const name of wire) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(new Set(wire).size).toBe(names.length);
        expect(wire.map((name) => map.fromWire(name))).toEqual(names);
      }),
    );
    expect(toolNames([]).fromWire('invented')).toBe('invented');
  });
});
