// What the server fetches for others reaches nothing internal, under whatever spelling, name or redirect, and nothing it is
// answered can fill its memory or keep it waiting. A canary on loopback counts what got through.
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { createGuardedFetch, type GuardDeps, type GuardedInit } from '../../src/tools/http-guard.ts';
import { sourceFacts } from '../support/source-facts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let port = 0;
let visits: IncomingMessage[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
  response.end('hello');
const listener: RequestListener = (request, response) => {
  visits.push(request);
  answer(request, response);
};
/** One on each loopback; IPv6 may be absent from a machine. */
const servers = [createServer(listener), createServer(listener)] as const;

beforeAll(async () => {
  servers[0].listen(0, '127.0.0.1');
  await once(servers[0], 'listening');
  port = (servers[0].address() as AddressInfo).port;
  servers[1].on('error', () => undefined).listen(port, '::1');
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  visits = [];
  answer = (_, response) => response.end('hello');
  for (const stop of stops.splice(0)) await stop();
});

function guard(deps: Partial<GuardDeps> = {}) {
  const client = createGuardedFetch({ allow: [], ...deps });
  stops.push(client.stop);
  return client.fetch;
}

/** A guard under which `shop.example` is the local server and trusted, and other names are what the table says. */
function guardOfNames(names: Record<string, string[]> = {}, deps: Partial<GuardDeps> = {}) {
  return guard({
    allow: ['shop.example'],
    resolve: async (host) =>
      (names[host] ?? ['127.0.0.1']).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    ...deps,
  });
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error('it was answered'),
    (thrown) => thrown,
  );
  if (!(error instanceof AppError)) throw error;
  return error.reason;
}

const get = (fetch: ReturnType<typeof guard>, url: string, init?: GuardedInit) =>
  fetch(url, init).then((response) => response.text());

describe('nothing internal is reached', () => {
  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
    '①②⑦.0.0.1',
    '１２７.０.０.１',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:4136:e378:8000:63bf:807f:fffe]',
    '[fe80::1]',
    '[fec0::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '[100::1]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[5f00::1]',
    '[4000::1]',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '0xa9fea9fe',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
  ];
  test.each(spellings)('http://%s', async (host) => {
    expect(await refusal(guard()(`http://${host}:${port}/`))).toBe('address_not_allowed');
    expect(visits).toHaveLength(0);
  });

  test.each(['localhost', 'LOCALHOST'])('%s, as the system resolves it', async (host) => {
    expect(await refusal(guard()(`http://${host}:${port}/`))).toBe('address_not_allowed');
    expect(visits).toHaveLength(0);
  });

  test.each([
    ['loopback', ['127.0.0.1']],
    ['a public address first', ['93.184.215.14', '127.0.0.1']],
    ['a public address last', ['10.0.0.7', '93.184.215.14']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['a translated address', ['64:ff9b::7f00:1']],
    ['a scoped address', ['fe80::1%lo']],
    ['what is no address', ['127.0.0.1:80']],
  ])('a name that resolves to %s', async (_what, addresses) => {
    const fetch = guardOfNames({ 'evil.example': addresses });
    expect(await refusal(fetch(`http://evil.example:${port}/`))).toBe('address_not_allowed');
    expect(visits).toHaveLength(0);
  });

  test('a name that resolves to nothing', async () => {
    expect(await refusal(guardOfNames({ 'gone.example': [] })('http://gone.example/'))).toBe(
      'host_not_found',
    );
  });

  test.each([
    ['a literal', () => `http://127.0.0.1:${port}/in`, 'address_not_allowed'],
    ['another spelling', () => `http://2130706433:${port}/in`, 'address_not_allowed'],
    ['a mapped address', () => `http://[::ffff:127.0.0.1]:${port}/in`, 'address_not_allowed'],
    ['a name', () => `//inside.example:${port}/in`, 'address_not_allowed'],
    ['a file', () => 'file:///etc/passwd', 'scheme_not_allowed'],
    ['data', () => 'data:text/plain,hello', 'scheme_not_allowed'],
    ['an address with a password', () => `http://me:secret@shop.example:${port}/in`, 'credentials_in_url'],
    ['what is no address', () => 'http://', 'malformed_redirect'],
  ])('a redirect to %s', async (_what, location, reason) => {
    answer = (request, response) =>
      request.url === '/' ? response.writeHead(302, { location: location() }).end() : response.end('inside');
    expect(await refusal(get(guardOfNames(), `http://shop.example:${port}/`))).toBe(reason);
    expect(visits.map(({ url }) => url)).toEqual(['/']);
  });

  test.each([
    ['a file', 'file:///etc/passwd', 'scheme_not_allowed'],
    ['a blob', 'blob:https://shop.example/1', 'scheme_not_allowed'],
    ['an address with a name', 'https://me@shop.example/', 'credentials_in_url'],
    ['what is no address', 'shop.example', 'malformed_url'],
  ])('%s', async (_what, url, reason) => {
    expect(await refusal(guardOfNames()(url))).toBe(reason);
  });

  test('a caller’s narrower rule holds for each hop', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/secret' }).end();
    const mayVisit = ({ pathname }: URL) => !pathname.startsWith('/secret');
    expect(await refusal(guardOfNames()(`http://shop.example:${port}/`, { mayVisit }))).toBe(
      'host_not_granted',
    );
    expect(visits).toHaveLength(1);
  });
});

describe('what the operator allows is reached', () => {
  test.each([
    ['an address', ['127.0.0.1'], '127.0.0.1'],
    ['an address, spelled otherwise', ['127.0.0.1'], '0x7f.1'],
    ['a mapped address', ['127.0.0.1'], '[::ffff:127.0.0.1]'],
    ['a block', ['127.0.0.0/8'], '127.0.0.1'],
  ])('%s', async (_what, allow, host) => {
    expect(await get(guard({ allow }), `http://${host}:${port}/`)).toBe('hello');
  });

  test('a name, in any case and with its dot', async () => {
    const fetch = guardOfNames({}, { allow: ['Shop.Example'] });
    expect(await get(fetch, `http://SHOP.example:${port}/`)).toBe('hello');
    expect(await get(fetch, `http://shop.example.:${port}/`)).toBe('hello');
    expect(await refusal(fetch(`http://other.example:${port}/`))).toBe('address_not_allowed');
    expect(await refusal(fetch(`http://127.0.0.1:${port}/`))).toBe('address_not_allowed');
  });

  test('a neighbouring block is not', async () => {
    expect(await refusal(guard({ allow: ['127.0.1.0/24', '10.0.0.0/8'] })(`http://127.0.0.1:${port}/`))).toBe(
      'address_not_allowed',
    );
  });

  test.each(['http://shop.example', 'shop.example:80', 'a b', '10.0.0.0/33', 'shop.example/x', ''])(
    'the entry "%s" is refused at the start',
    (entry) => {
      expect(() => createGuardedFetch({ allow: [entry] })).toThrow(/not a host name, address or CIDR/);
    },
  );
});

describe('a redirect carries nothing away', () => {
  const init = {
    headers: { authorization: 'Bearer secret', 'x-api-key': 'secret', cookie: 'a=b', accept: 'text/plain' },
  };
  const names = { allow: ['shop.example', 'other.example'] };

  test('headers stay with their origin', async () => {
    answer = (request, response) =>
      request.url === '/'
        ? response.writeHead(307, { location: `http://other.example:${port}/there` }).end()
        : response.end('there');
    const response = await guardOfNames({}, names)(`http://shop.example:${port}/`, init);
    expect(response.url).toBe(`http://other.example:${port}/there`);
    expect(await response.text()).toBe('there');
    expect(visits[0]?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-api-key': 'secret' });
    expect(visits[1]?.headers).not.toHaveProperty('authorization');
    expect(visits[1]?.headers).not.toHaveProperty('x-api-key');
    expect(visits[1]?.headers).not.toHaveProperty('cookie');
    expect(visits[1]?.headers.accept).toBe('text/plain');
  });

  test('so does a body', async () => {
    answer = (_, response) => response.writeHead(307, { location: `http://other.example:${port}/` }).end();
    const post = guardOfNames({}, names)(`http://shop.example:${port}/`, { method: 'POST', body: 'private' });
    expect(await refusal(post)).toBe('redirected_with_body');
    expect(visits).toHaveLength(1);
  });

  test('within an origin a body and headers go along, and 303 makes a GET', async () => {
    const seen: string[] = [];
    answer = async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push(`${request.method} ${request.url} ${body} ${request.headers.authorization ?? '-'}`);
      const next = { '/': [307, '/again'], '/again': [303, '/done'] }[request.url ?? ''];
      if (next === undefined) response.end('done');
      else response.writeHead(next[0] as number, { location: next[1] as string }).end();
    };
    const response = guardOfNames()(`http://shop.example:${port}/`, {
      method: 'POST',
      body: 'private',
      headers: { authorization: 'Bearer secret' },
    });
    expect(await (await response).text()).toBe('done');
    expect(seen).toEqual([
      'POST / private Bearer secret',
      'POST /again private Bearer secret',
      'GET /done  Bearer secret',
    ]);
  });

  test('a circle ends', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/' }).end();
    expect(await refusal(guardOfNames()(`http://shop.example:${port}/`))).toBe('too_many_redirects');
    expect(visits).toHaveLength(6);
  });
});

describe('bounds', () => {
  const url = () => `http://shop.example:${port}/`;

  test('a small answer that unpacks to a large one', async () => {
    const packed = gzipSync(Buffer.alloc(32 * 1024 * 1024));
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    expect(packed.byteLength).toBeLessThan(100_000);
    expect(await refusal(get(guardOfNames({}, { limits: { maxBytes: 1_000_000 } }), url()))).toBe(
      'answer_too_large',
    );
  });

  test('an answer that says it is too large is not read', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': '5000000' }).write('x');
    expect(await refusal(guardOfNames()(url()))).toBe('answer_too_large');
  });

  test('an answer without end', async () => {
    answer = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', more);
      more();
    };
    expect(await refusal(get(guardOfNames(), url(), { maxBytes: 100_000 }))).toBe('answer_too_large');
  });

  test('an answer that drips, or never comes', async () => {
    answer = (_, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    };
    const fetch = guardOfNames({}, { limits: { totalMs: 300 } });
    expect(await refusal(get(fetch, url()))).toBe('outgoing_timeout');
    answer = () => undefined;
    expect(await refusal(get(fetch, url()))).toBe('outgoing_timeout');
    expect(await refusal(get(guardOfNames({}, { limits: { idleMs: 100 } }), url()))).toBe('outgoing_timeout');
  });

  test('a resolver that never answers', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    expect(await refusal(guardOfNames({}, { resolve, limits: { connectMs: 100 } })(url()))).toBe(
      'outgoing_timeout',
    );
  });

  test('a request that is too large, streamed or malformed', async () => {
    const post = (init: GuardedInit) => refusal(guardOfNames()(url(), { method: 'POST', ...init }));
    expect(await post({ body: 'x'.repeat(1024 * 1024 + 1) })).toBe('request_too_large');
    expect(await post({ body: new ReadableStream() })).toBe('streamed_body');
    expect(await post({ headers: { host: 'inside' } })).toBe('header_not_allowed');
    expect(await post({ headers: { 'Transfer-Encoding': 'chunked' } })).toBe('header_not_allowed');
    expect(await post({ headers: { 'x-a': 'b\r\nhost: inside' } })).toBe('malformed_request');
    expect(await post({ method: 'GET /x HTTP/1.1\r\n' })).toBe('malformed_request');
    expect(visits).toHaveLength(0);
  });

  test('more at once than allowed are refused, and each end makes room', async () => {
    const fetch = guardOfNames({}, { limits: { concurrent: 1 } });
    answer = (_, response) => response.write('x');
    const first = await fetch(url());
    expect(await refusal(fetch(url()))).toBe('outgoing_busy');
    await first.body?.cancel();
    answer = (_, response) => response.end('hello');
    for (let i = 0; i < 3; i++) expect(await get(fetch, url())).toBe('hello');
    await refusal(fetch('http://127.0.0.1/'));
    expect(await get(fetch, url())).toBe('hello');
  });

  test('an abort ends the call with its reason, before the head and after', async () => {
    const reason = new Error('the run was stopped');
    const stop = new AbortController();
    answer = (request, response) => {
      if (request.url === '/head') stop.abort(reason);
      else response.write('x');
    };
    await expect(guardOfNames()(`${url()}head`, { signal: stop.signal })).rejects.toBe(reason);
    const later = new AbortController();
    const response = await guardOfNames()(url(), { signal: later.signal });
    const text = response.text();
    later.abort(reason);
    await expect(text).rejects.toBe(reason);
  });

  test('a server that is not there is a failure that says nothing of the network', async () => {
    const fetch = guardOfNames({ 'down.example': ['127.0.0.1'] }, { allow: ['down.example'] });
    const error = (await fetch('http://down.example:9/').catch((thrown) => thrown)) as AppError;
    expect(error).toMatchObject({ reason: 'outgoing_failed', code: 'unavailable' });
    expect(error.message).not.toContain('127.0.0.1');
  });
});

test('nothing that people or models cause opens a connection past it', () => {
  const own = /^src\/tools\/http-(guard|connect)\.ts$/;
  /** A `fetch` that a file was given is the guarded one. */
  const givenOne = /[{,(]\s*fetch\s*[,}:)]/;
  const network = /^(undici|axios|got|ws|node:(https?|http2|net|tls|dns|dgram))$/;
  const paths = globSync('src/{tools,agents,memory,server}/**/*.ts', { cwd: ROOT }).map((path) =>
    path.split(sep).join('/'),
  );
  expect(paths.length).toBeGreaterThan(50);
  const past = paths.flatMap((path) => {
    if (own.test(path) || path.startsWith('src/server/transports/')) return [];
    const source = readFileSync(`${ROOT}${path}`, 'utf8');
    const imported = sourceFacts(path, source)
      .imports.filter(({ specifier, typeOnly }) => !typeOnly && network.test(specifier))
      .map(({ specifier }) => `${path} imports ${specifier}`);
    const fetched =
      /globalThis\.fetch|new WebSocket\(/.test(source) ||
      (/(?<![.\w])fetch\(/.test(source) && !givenOne.test(source));
    return fetched ? [...imported, `${path} fetches`] : imported;
  });
  expect(past).toEqual([]);
});

test('it is shaped like fetch', async () => {
  answer = (request, response) => {
    response.writeHead(201, {
      'content-type': 'application/json',
      'x-asked': String(request.headers['x-ask']),
    });
    response.end(JSON.stringify({ agent: request.headers['user-agent'] }));
  };
  const response = await guardOfNames()(new URL(`http://shop.example:${port}/`), {
    method: 'PUT',
    headers: { 'x-ask': 'yes' },
    body: new URLSearchParams({ a: 'b' }),
  });
  expect(response).toBeInstanceOf(Response);
  expect([response.status, response.ok, response.headers.get('x-asked')]).toEqual([201, true, 'yes']);
  expect(await response.json()).toEqual({ agent: 'Parley' });
  expect(visits[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
});
