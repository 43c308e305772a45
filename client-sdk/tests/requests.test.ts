// Requests beside the socket: where they go, with which token, and how they end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../tests/support/app.ts';
import type { ClientOptions } from '../src/api.ts';
import { createClient, ParleyError } from '../src/index.ts';

describe('a request', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    ({ token } = await app.signIn('Ada'));
  }, 60_000);
  afterAll(() => app.stop());

  const client = (options: Partial<ClientOptions> = {}) =>
    createClient({ url: app.url, getToken: () => token, storage: null, ...options });

  it('takes path, query and body from its input, and answers what the server does', async () => {
    const ada = client();
    const made = await ada.request('POST /api/tools/custom', {
      name: 'double_it',
      description: 'Doubles a number.',
      parameters: [{ name: 'n', type: 'number', description: 'The number.' }],
      implementation: { kind: 'code', code: 'return input.n * 2;' },
      effect: 'pure',
    });
    const path = { toolId: made.id };
    expect(await ada.request('GET /api/tools/custom/:toolId', path)).toEqual(made);
    const changed = await ada.request('PUT /api/tools/custom/:toolId', { ...path, isActive: false });
    expect(changed).toMatchObject({ id: made.id, isActive: false });
    expect(await ada.request('GET /api/tools/custom', { limit: 1, scope: 'mine' })).toEqual({
      data: [changed],
    });
    expect(await ada.request('DELETE /api/tools/custom/:toolId', path)).toEqual({ deleted: true });
    ada.close();
  });

  it('is refused in the server’s words', async () => {
    const ada = client();
    const refused = ada.request('GET /api/tools/custom/:toolId', {
      toolId: '0190f0c4-7b53-7a6e-8f00-000000000000',
    });
    await expect(refused).rejects.toMatchObject({ name: 'ParleyError', code: 'not_found' });
    ada.close();
  });

  it('asks once for a new token when the old one is refused', async () => {
    const reasons: string[] = [];
    const ada = client({
      getToken({ reason }) {
        reasons.push(reason);
        return reason === 'unauthorized' ? token : 'worn-out';
      },
    });
    expect(await ada.request('GET /api/mcp/servers', {})).toEqual({ data: [], programs: [] });
    expect(reasons).toEqual(['connect', 'unauthorized']);
    ada.close();
    const never = client({ getToken: () => 'worn-out' });
    await expect(never.request('GET /api/mcp/servers', {})).rejects.toMatchObject({ code: 'unauthorized' });
    never.close();
  });

  it('ends when it is aborted, takes too long, or reaches nobody', async () => {
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        const { signal } = init as { signal: AbortSignal };
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const ada = client({ fetch: silent });
    const abort = new AbortController();
    const aborted = ada.request('GET /api/mcp/servers', {}, { signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    await expect(ada.request('GET /api/mcp/servers', {}, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'timeout',
    });
    const lost = client({ fetch: () => Promise.reject(new TypeError('no route')) });
    const error = await lost.request('GET /api/mcp/servers', {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ParleyError);
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    ada.close();
    lost.close();
  });
});
