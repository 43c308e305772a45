// One thing that the doctor looked at, and what to do about it. Must never hold a secret.

export interface Finding {
  level: 'ok' | 'warn' | 'fail';
  what: string;
  detail: string;
  /** What to do; always there unless the level is ok. */
  next?: string;
}

export const ok = (what: string, detail: string): Finding => ({ level: 'ok', what, detail });
export const warn = (what: string, detail: string, next: string): Finding => ({
  level: 'warn',
  what,
  detail,
  next,
});
export const fail = (what: string, detail: string, next: string): Finding => ({
  level: 'fail',
  what,
  detail,
  next,
});
