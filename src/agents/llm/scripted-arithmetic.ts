// Finds the arithmetic in a sentence, for the scripted provider. Must never compute: that is the calculator's work.

const WORDS: [RegExp, string][] = [
  [/\bsquare root of\s+(\d+(?:\.\d+)?)/gi, 'sqrt($1)'],
  [/\b(\d+(?:\.\d+)?)\s+squared\b/gi, '$1^2'],
  [/\b(\d+(?:\.\d+)?)\s+cubed\b/gi, '$1^3'],
  [/\bmultiplied by\b|\btimes\b/gi, '*'],
  [/\bdivided by\b|\bover\b(?=\s*\d)/gi, '/'],
  [/\bto the power of\b/gi, '^'],
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/\bmodulo?\b/gi, 'mod'],
  [/\b(\d+(?:\.\d+)?)\s*(?:%|percent)\s+of\b/gi, '$1/100*'],
  [/(?<=\d)\s*[x×]\s*(?=\d)/gi, '*'],
  [/[×·]/g, '*'],
  [/÷/g, '/'],
  [/−/g, '-'],
  [/\*\*/g, '^'],
];

const TOKEN =
  /\d+(?:\.\d+)?(?:e[+-]?\d+)?|(?:sqrt|abs|sin|cos|tan|ln|log10|log2|log|exp|round|floor|ceil|mod|min|max|pi)\b|[-+*/^()!,%]/giy;
const CUE =
  /\b(?:what(?:'s|’s| is)|calculate|compute|how much|work out|evaluate|solve|equals?|result)\b|=\s*\??\s*$/i;

/**
 * The longest run that reads as arithmetic, or undefined. A lone hyphen or slash between numbers counts only when spaced or asked
 * for: "3-4 weeks", "24/7" and "2025-01-02" are not sums.
 */
export function findExpression(sentence: string): string | undefined {
  let text = sentence.replace(/(?<=\d),(?=\d{3}\b)/g, '');
  const asked = CUE.test(text);
  for (const [pattern, replacement] of WORDS) text = text.replace(pattern, replacement);
  let best: string | undefined;
  for (let at = 0; at < text.length; ) {
    const run = readRun(text, at);
    if (run.text !== undefined && (best === undefined || run.text.length > best.length)) {
      if (asked || isPlainSum(run.text)) best = run.text;
    }
    at = Math.max(run.end, at + 1);
  }
  return best;
}

function readRun(text: string, start: number): { text: string | undefined; end: number } {
  if (start > 0 && /[\w.:]/.test(text[start - 1] ?? '')) return { text: undefined, end: start };
  const tokens: string[] = [];
  let raw = '';
  let end = start;
  for (let at = start; at < text.length; ) {
    if (/\s/.test(text[at] ?? '')) {
      raw += ' ';
      at++;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    // A number glued to letters or colons is a name, a unit or a time.
    if (!match || (/^\d/.test(match[0]) !== false && /[\p{L}:]/u.test(text[at + match[0].length] ?? '')))
      break;
    tokens.push(match[0]);
    raw += match[0];
    at += match[0].length;
    end = at;
  }
  let expression = raw
    .trim()
    .replace(/[-+*/^(,%\s]+$/, '')
    .replace(/^[+*/^),!%\s]+/, '');
  if ([...expression].filter((c) => c === '(').length !== [...expression].filter((c) => c === ')').length) {
    expression = expression.replace(/\)+$/, '');
  }
  return { text: isExpression(expression) ? expression : undefined, end };
}

function isExpression(text: string): boolean {
  const opened = [...text].filter((c) => c === '(').length - [...text].filter((c) => c === ')').length;
  if (opened !== 0) return false;
  return (
    /[\d)!%]\s*(?:[-+*/^%]|mod\b)\s*[-+(]*\s*[\da-z(]/i.test(text) ||
    /[a-z]\s*\(\s*-?[\d.(]/i.test(text) ||
    /^\d+!$/.test(text)
  );
}

/** Without a question around it, a run counts only if its operators cannot be anything else. */
function isPlainSum(text: string): boolean {
  return /[*^+!]|\b(?:sqrt|mod)\b|\d\s+[-/]\s+\d|\)/.test(text);
}
