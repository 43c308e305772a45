// The package's only entry: what an application may import.
export type * from './api.ts';
export { createClient } from './client.ts';
export type { ParleyErrorCode } from './error.ts';
export { ParleyError } from './error.ts';
export { signIn } from './sign-in.ts';
