// Where identifiers and randomness come from. Nothing else in the program may draw its own.
import { randomBytes, randomInt } from 'node:crypto';
import { v5, v7 } from 'uuid';

/** A new UUIDv7: unique, and sorted by time of creation. */
export const newId = (): string => v7();

const NAMESPACE = '6f9f4a1e-6a53-5c2e-9f0e-0d7f3a4c9b11';

/** The same UUID for the same words, so that a retried effect finds its first result. */
export const derivedId = (...words: string[]): string => v5(words.join('\u0000'), NAMESPACE);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** A number in [0, 1) for jitter. */
export const random = (): number => randomInt(0, 2 ** 47) / 2 ** 47;
