// The port that turns texts into vectors. Rows store `model` and `dimensions`; vectors of different models must never be compared.

export interface Embedder {
  readonly model: string;
  readonly dimensions: number;
  /** Cosine from which two texts are about the same; below it, likeness is chance. */
  readonly admitAt: number;
  /** What likeness of a memory, and of a fact made from it, weighs beside the words: the better the model, the more. */
  readonly weights: { readonly vector: number; readonly factMeaning: number };
  /** What the cosine only comes near to, where vectors are lossy; asked before likeness alone admits a memory. */
  likeness?(query: string): (text: string) => number;
  /**
   * One L2-normalised vector of `dimensions` numbers per text, in order.
   * @throws AppError unavailable, rate_limited or internal when a server is behind it and fails
   */
  embed(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
}

/** Cosine of the angle between two normalised vectors, in -1..1. */
export function similarity(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new RangeError(`Vectors of ${a.length} and ${b.length} dimensions cannot be compared.`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Scales to length 1 in place. A zero vector becomes a unit vector, because a cosine with zero is no number. */
export function normalise(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const length = Math.sqrt(square);
  if (length === 0 || !Number.isFinite(length)) {
    vector.fill(0);
    vector[0] = 1;
    return vector;
  }
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return vector;
}
