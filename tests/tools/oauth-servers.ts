// For tests of signing in at MCP servers: a certified authorization server in this process, an MCP server that takes its tokens
// alone, and a browser that follows it through. What people click there is decided by the test.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  buildOAuthProtectedResourceMetadata,
  getOAuthProtectedResourceMetadataUrl,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
} from '@modelcontextprotocol/server';
import Provider, { type ClientMetadata } from 'oidc-provider';
import { type PlayedServer, type PlayedTool, playServer } from './mcp-servers.ts';

export interface AuthorizationServer {
  issuer: string;
  provider: Provider;
  /** Whether the person says yes. */
  consents: boolean;
  /** Lifetime of the access tokens it gives from now on. */
  seconds: number;
  /** Changes its metadata as it is read. */
  alter: (metadata: Record<string, unknown>) => Record<string, unknown>;
  /** Answers requests for tokens so while it is set. */
  tokenStatus: number | undefined;
  /** Tokens that were asked for: how, and for which resource. */
  granted: { type: string; resource: unknown }[];
  stop(): Promise<void>;
}

export async function startAuthorizationServer(clients: ClientMetadata[] = []): Promise<AuthorizationServer> {
  const http = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients,
    scopes: ['offline_access', 'tools:read', 'tools:write'],
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    rotateRefreshToken: true,
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    ttl: { Session: 600, Interaction: 600, Grant: 600, RefreshToken: 600, AuthorizationCode: 60 },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'tools:read tools:write',
          audience: resource,
          accessTokenTTL: server.seconds,
          accessTokenFormat: 'opaque',
        }),
        useGrantedResource: () => true,
      },
    },
  });
  provider.on('grant.success', ({ oidc }) =>
    server.granted.push({ type: String(oidc.params?.grant_type), resource: oidc.params?.resource }),
  );
  const callback = provider.callback();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0] ?? '';
    if (path.startsWith('/.well-known/oauth-authorization-server')) {
      const metadata = await fetch(`${issuer}/.well-known/openid-configuration`, {
        headers: { connection: 'close' },
      });
      const body = server.alter((await metadata.json()) as Record<string, unknown>);
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }
    if (path === '/token' && server.tokenStatus !== undefined)
      return void response.writeHead(server.tokenStatus).end('down');
    if (path.startsWith('/interaction/')) return decide(request, response);
    return void callback(request, response);
  }

  async function decide(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: 'owner' } });
    if (!server.consents)
      return provider.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: '<script>alert(1)</script>',
      });
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const grant =
      known ??
      new provider.Grant({ accountId: session?.accountId ?? 'owner', clientId: String(params.client_id) });
    const { missingOIDCScope, missingResourceScopes } = prompt.details as {
      missingOIDCScope?: string[];
      missingResourceScopes?: Record<string, string[]>;
    };
    if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {}))
      grant.addResourceScope(resource, scopes.join(' '));
    const consent = { grantId: await grant.save() };
    return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
  }

  const server: AuthorizationServer = {
    issuer,
    provider,
    consents: true,
    seconds: 600,
    alter: (metadata) => metadata,
    tokenStatus: undefined,
    granted: [],
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

export interface GuardedServer extends PlayedServer {
  /** Scopes that every request needs from now on. */
  needs: string[];
  /** Its protected-resource metadata, as it is read. */
  alter: (metadata: object) => object;
  /** Every bearer token it was sent. */
  tokens(): string[];
}

/** An MCP server that takes tokens of `as`, made for itself, and says so as the specification wants it. */
export async function playGuarded(as: AuthorizationServer, ...tools: PlayedTool[]): Promise<GuardedServer> {
  const played = (await playServer(...tools)) as GuardedServer;
  played.needs = ['tools:read'];
  played.alter = (metadata) => metadata;
  played.tokens = () =>
    played.requests.flatMap(({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? []);
  const resource = new URL(played.url);
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource);
  const metadata = buildOAuthProtectedResourceMetadata({
    resourceServerUrl: resource,
    scopesSupported: ['tools:read'],
    oauthMetadata: {
      issuer: as.issuer,
      authorization_endpoint: `${as.issuer}/auth`,
      token_endpoint: `${as.issuer}/token`,
      response_types_supported: ['code'],
    },
    dangerouslyAllowInsecureIssuerUrl: true,
  });
  const verifier = {
    async verifyAccessToken(token: string) {
      const found = await as.provider.AccessToken.find(token);
      if (found === undefined || found.isExpired)
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'This token is not known.');
      return {
        token,
        clientId: found.clientId ?? '',
        scopes: [...found.scopes],
        expiresAt: found.exp ?? 0,
        resource: new URL(String(found.aud)),
      };
    },
  };
  played.gate = async (request) => {
    if (request.url === resourceMetadataUrl) return Response.json(played.alter(metadata));
    if (new URL(request.url).pathname !== resource.pathname) return new Response('', { status: 404 });
    const gate = requireBearerAuth({
      verifier,
      resourceMetadataUrl,
      requiredScopes: played.needs,
      expectedResource: resource,
    });
    const answer = await gate(request);
    return answer instanceof Response ? answer : undefined;
  };
  return played;
}

/** A person's browser: cookies by origin, redirects one by one. */
export function createBrowser() {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string) => {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };

  async function open(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = jarOf(url);
    const headers = new Headers(init.headers);
    headers.set('connection', 'close');
    headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  return {
    open,
    cookies: (url: string) => jarOf(url),
    /** Follows redirects until one leads to `home`, and answers its address without opening it. */
    async consent(url: string, home: string): Promise<string> {
      let at = url;
      for (let hops = 0; hops < 12; hops++) {
        if (at.startsWith(home)) return at;
        const response = await open(at);
        const text = await response.text();
        const location = response.headers.get('location');
        if (location === null)
          throw new Error(`No way on from ${at}: ${response.status} ${text.slice(0, 500)}`);
        at = new URL(location, at).href;
      }
      throw new Error('The authorization server redirects without end.');
    },
  };
}
