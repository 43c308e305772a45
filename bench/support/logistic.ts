// Logistic regression by Newton's method with a ridge, for a few dozen named terms.

export interface Example {
  terms: { name: string; value: number }[];
  isYes: boolean;
}

const ROUNDS = 25;

export function learn(examples: Example[], ridge = 2): Record<string, number> {
  const names = [...new Set(examples.flatMap(({ terms }) => terms.map(({ name }) => name)))].sort();
  const place = new Map(names.map((name, i) => [name, i]));
  const n = names.length;
  const weights = new Float64Array(n);
  const rows = examples.map(({ terms, isYes }) => ({
    terms: terms
      .filter(({ value }) => value !== 0)
      .map(({ name, value }) => [place.get(name) as number, value] as const),
    y: isYes ? 1 : 0,
  }));
  for (let round = 0; round < ROUNDS; round++) {
    const gradient = Float64Array.from(weights, (w) => -ridge * w);
    const hessian = Array.from({ length: n }, (_, i) => {
      const row = new Float64Array(n);
      row[i] = ridge;
      return row;
    });
    for (const { terms, y } of rows) {
      let sum = 0;
      for (const [i, value] of terms) sum += (weights[i] as number) * value;
      const p = 1 / (1 + Math.exp(-sum));
      const curve = p * (1 - p) + 1e-6;
      for (const [i, value] of terms) {
        gradient[i] = (gradient[i] as number) + (y - p) * value;
        const row = hessian[i] as Float64Array;
        for (const [j, other] of terms) row[j] = (row[j] as number) + curve * value * other;
      }
    }
    const step = solve(hessian, gradient);
    for (let i = 0; i < n; i++) weights[i] = (weights[i] as number) + (step[i] as number);
  }
  return Object.fromEntries(names.map((name, i) => [name, weights[i] as number]));
}

/** Gauss, with the largest pivot. */
function solve(matrix: Float64Array[], right: Float64Array): Float64Array {
  const n = right.length;
  const m: Float64Array[] = matrix.map((row, i) => Float64Array.from([...row, right[i] as number]));
  const at = (i: number, j: number) => (m[i] as Float64Array)[j] as number;
  for (let column = 0; column < n; column++) {
    let best = column;
    for (let i = column + 1; i < n; i++) if (Math.abs(at(i, column)) > Math.abs(at(best, column))) best = i;
    [m[column], m[best]] = [m[best] as Float64Array, m[column] as Float64Array];
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = at(i, column) / at(column, column);
      if (factor === 0) continue;
      for (let j = column; j <= n; j++) (m[i] as Float64Array)[j] = at(i, j) - factor * at(column, j);
    }
  }
  return Float64Array.from({ length: n }, (_, i) => at(i, n) / at(i, i));
}
