// Estimates how many tokens a text will cost before any server has counted. Errs high; must never be used for billing.
import type { LlmRequest } from './llm.ts';

/**
 * Tokens a text is likely to cost. ASCII letters and spaces count 1/4 each, digits and ASCII punctuation 1/2, other letters of
 * alphabetic scripts 1/2, and everything beyond (CJK, Hangul, emoji) more than one: tokenizers split those finest.
 */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) quarters += isAsciiLetterOrSpace(code) ? 1 : 2;
    else if (code < 0x1100) quarters += 2;
    else quarters += code > 0xffff ? 10 : 5;
  }
  return Math.ceil(quarters / 4);
}

function isAsciiLetterOrSpace(code: number): boolean {
  return code === 32 || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Per message, for role and separators. */
export const MESSAGE_OVERHEAD_TOKENS = 4;

/** Tokens of a whole request: system, messages and tool definitions. */
export function estimateRequestTokens(req: Pick<LlmRequest, 'system' | 'messages' | 'tools'>): number {
  let total = estimateTokens(req.system);
  for (const message of req.messages) {
    total += MESSAGE_OVERHEAD_TOKENS;
    for (const part of message.content) {
      if (part.type === 'text') total += estimateTokens(part.text);
      else if (part.type === 'tool_call')
        total += estimateTokens(part.name + JSON.stringify(part.args ?? {}));
      else total += estimateTokens(part.result);
    }
  }
  for (const tool of req.tools)
    total += estimateTokens(tool.name + tool.description + JSON.stringify(tool.parameters));
  return total;
}
