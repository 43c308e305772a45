// The part of a sandbox that runs beside the program, inside the engine: console, host calls, seeded randomness, and the way
// the result leaves. It takes what it needs of the language before the program can change it. Must never hand out `native`.

/** A script whose value is `(native, limits, names, seed) => { run, settle }`. */
export const PRELUDE = `(function (native, limits, names, seed) {
  'use strict';
  const { stringify, parse } = JSON;
  const { apply } = Reflect;
  const { then } = Promise.prototype;
  const { slice } = String.prototype;
  const { map, join } = Array.prototype;
  const { imul } = Math;
  const { freeze } = Object;
  const [P, S, E] = [Promise, String, Error];
  const cut = (text, most) => (text.length > most ? apply(slice, text, [0, most]) : text);

  let state = seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = imul(state ^ (state >>> 15), state | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  const shown = (value) => {
    if (typeof value === 'string') return cut(value, limits.logChars);
    try {
      if (value instanceof E) return cut(S(value), limits.logChars);
      return cut(stringify(value) ?? S(value), limits.logChars);
    } catch {
      return '[cannot be shown]';
    }
  };
  let logged = 0;
  const log = (...values) => {
    if (logged >= limits.logChars) return;
    const text = cut(apply(join, apply(map, values, [shown]), [' ']), limits.logChars - logged);
    logged += text.length + 1;
    native.log(text);
  };
  globalThis.console = freeze({ log, info: log, warn: log, error: log, debug: log });

  const waiting = { __proto__: null };
  let calls = 0;
  const host = { __proto__: null };
  for (const name of names) {
    host[name] = (input) =>
      new P((resolve, reject) => {
        const text = stringify(input) ?? 'null';
        if (text.length > limits.hostCallChars)
          throw new RangeError('The input of a host call may have ' + limits.hostCallChars + ' characters.');
        if (++calls > limits.hostCalls)
          throw new RangeError('There may be ' + limits.hostCalls + ' host calls.');
        waiting[calls] = { resolve, reject };
        native.call(calls, name, text);
      });
  }
  globalThis.host = freeze(host);

  const fail = (error) => {
    let message = 'something that cannot be shown';
    try {
      message = cut(S(error instanceof E && error.name ? error.name + ': ' + error.message : shown(error)), 1000);
      if (error instanceof E && typeof error.stack === 'string') message += '\\n' + cut(error.stack, 500);
    } catch {}
    native.failed(message);
  };

  return {
    settle(id, ok, text) {
      const call = waiting[id];
      delete waiting[id];
      if (ok) call.resolve(parse(text));
      else call.reject(new E(text));
    },
    run(main, inputText) {
      const finish = (value) => {
        let text;
        try {
          text = stringify(value) ?? 'null';
        } catch (error) {
          return fail(error);
        }
        if (text.length > limits.outputChars) native.tooLarge();
        else native.done(text);
      };
      apply(then, main(parse(inputText)), [finish, fail]);
    },
  };
})`;
