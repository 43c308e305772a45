// Builds a client out of its parts. Must never hold a rule of its own: those live in the parts.
import type { Client, ClientOptions } from './api.ts';

/** Makes a client; nothing happens on the network before `connect()`. */
export function createClient(_options: ClientOptions): Client {
  throw new Error('not built yet');
}
