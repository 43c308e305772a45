// What OAuth's steps ask of an authorization server, by the flow of the official client: find it, begin, redeem a code, renew,
// revoke. Every request goes through the guarded fetch it is given. Must never speak to a server that a grant is not of.
import {
  AuthorizationServerMismatchError,
  assertSecureTokenEndpoint,
  auth,
  discoverOAuthServerInfo,
  fetchToken,
  IssuerMismatchError,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type OAuthMetadata,
  RegistrationRejectedError,
  refreshAuthorization,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  selectClientAuthMethod,
} from '@modelcontextprotocol/client';
import { AppError } from '../../../core/errors.ts';
import type { GuardedFetch } from '../../http-guard.ts';

/** What is kept, sealed, of one server. */
export interface Grant {
  redirectUrl: string;
  discovery: OAuthDiscoveryState;
  client?: StoredOAuthClientInformation;
  tokens?: StoredOAuthTokens;
}

export interface FlowDeps {
  fetch: GuardedFetch;
  /** Address of the document that says who we are, for servers that read such; https only. */
  metadataUrl: string | undefined;
  /** Whether the operator lists this host as his own: only there may a page be unencrypted. */
  isOwnHost(host: string): boolean;
}

const LIMITS = { requestMs: 10_000, revokeMs: 3000, answerBytes: 256 * 1024 };

export const clientMetadata = (redirectUrl: string) => ({
  client_name: 'Parley',
  redirect_uris: [redirectUrl],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
});

export function createFlow({ fetch, metadataUrl, isOwnHost }: FlowDeps) {
  /** Remembers the first refusal of our own, which the client may take for a document that is not there. */
  function bounded(totalMs = LIMITS.requestMs) {
    let refusal: AppError | undefined;
    return {
      refusal: () => refusal,
      fetch: async (url: string | URL, init?: RequestInit) => {
        try {
          return await fetch(url, { ...init, totalMs, maxBytes: LIMITS.answerBytes });
        } catch (error) {
          if (error instanceof AppError) refusal ??= error;
          throw error;
        }
      },
    };
  }

  function providerOf(grant: Grant, state: string, step: { verifier?: string; address?: URL }) {
    const methods = grant.discovery.authorizationServerMetadata?.token_endpoint_auth_methods_supported;
    const isPublic = methods !== undefined && !methods.some((method) => method.startsWith('client_secret'));
    const provider: OAuthClientProvider = {
      redirectUrl: grant.redirectUrl,
      clientMetadata: {
        ...clientMetadata(grant.redirectUrl),
        ...(isPublic ? { token_endpoint_auth_method: 'none' } : {}),
      },
      ...(metadataUrl === undefined ? {} : { clientMetadataUrl: metadataUrl }),
      state: () => state,
      clientInformation: () => grant.client,
      saveClientInformation: (client) => void Object.assign(grant, { client }),
      tokens: () => grant.tokens,
      saveTokens: (tokens) => void Object.assign(grant, { tokens }),
      saveCodeVerifier: (verifier) => void Object.assign(step, { verifier }),
      codeVerifier: () => step.verifier ?? '',
      redirectToAuthorization: (address) => void Object.assign(step, { address }),
      discoveryState: () => grant.discovery,
      saveDiscoveryState: (discovery) => void Object.assign(grant, { discovery }),
      // A server that does not say what it is called is called by its address.
      ...(grant.discovery.resourceMetadata === undefined
        ? { validateResourceURL: async (url) => new URL(url) }
        : {}),
    };
    return provider;
  }

  return {
    /** @throws AppError when the server does not say where to sign in, or not safely */
    async discover(serverUrl: string, resourceMetadataUrl: URL | undefined): Promise<OAuthDiscoveryState> {
      const asking = bounded();
      let found: OAuthDiscoveryState;
      try {
        found = await discoverOAuthServerInfo(serverUrl, {
          ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
          fetchFn: asking.fetch,
        });
      } catch (error) {
        throw asking.refusal() ?? failed(error);
      }
      const metadata = found.authorizationServerMetadata;
      if (metadata === undefined)
        throw (
          asking.refusal() ??
          new AppError(
            'conflict',
            'no_authorization_server',
            'This server does not say where to sign in. If it wants a key, set it as a header instead.',
          )
        );
      if (!metadata.code_challenge_methods_supported?.includes('S256'))
        throw new AppError(
          'conflict',
          'pkce_missing',
          'The authorization server of this server does not offer PKCE with S256; signing in there is not safe.',
        );
      const page = new URL(metadata.authorization_endpoint);
      if (page.protocol !== 'https:' && !(page.protocol === 'http:' && isOwnHost(page.hostname)))
        throw new AppError(
          'conflict',
          'insecure_authorization_server',
          'The page to sign in at is not reached over https; signing in there is not safe.',
        );
      return resourceMetadataUrl === undefined
        ? found
        : { ...found, resourceMetadataUrl: resourceMetadataUrl.href };
    },

    /** Registers us where that is needed; `grant` then holds the client. */
    async begin(serverUrl: string, grant: Grant, state: string, scope: string | undefined) {
      const step: { verifier?: string; address?: URL } = {};
      const asking = bounded();
      try {
        await auth(providerOf(grant, state, step), {
          serverUrl,
          fetchFn: asking.fetch,
          forceReauthorization: true,
          ...(scope === undefined ? {} : { scope }),
        });
      } catch (error) {
        throw asking.refusal() ?? failed(error);
      }
      if (step.address === undefined || step.verifier === undefined) throw failed(undefined);
      return { address: step.address, verifier: step.verifier };
    },

    /** `grant` then holds the tokens. */
    async redeem(
      serverUrl: string,
      grant: Grant,
      { code, verifier, iss }: { code: string; verifier: string; iss: string | undefined },
    ): Promise<void> {
      const asking = bounded();
      const {
        authorizationServerUrl,
        authorizationServerMetadata: metadata,
        resourceMetadata,
      } = grant.discovery;
      // Said by a server that did not announce it, it must be true all the same.
      if (metadata === undefined || (iss !== undefined && iss !== metadata.issuer)) throw mixedUp();
      try {
        const tokens = await fetchToken(providerOf(grant, '', { verifier }), authorizationServerUrl, {
          metadata,
          resource: resourceMetadata?.resource ?? serverUrl,
          authorizationCode: code,
          ...(iss === undefined ? {} : { iss }),
          fetchFn: asking.fetch,
        });
        grant.tokens = { ...tokens, issuer: metadata.issuer };
      } catch (error) {
        throw asking.refusal() ?? failed(error);
      }
    },

    /** @throws Error of the client; OAuthError when the server said no */
    async renew(serverUrl: string, grant: Grant): Promise<StoredOAuthTokens> {
      const { discovery, client, tokens } = grant;
      const issuer = discovery.authorizationServerMetadata?.issuer;
      if (tokens?.refresh_token === undefined || client === undefined || client.issuer !== issuer)
        throw failed(undefined);
      const renewed = await refreshAuthorization(discovery.authorizationServerUrl, {
        ...(discovery.authorizationServerMetadata === undefined
          ? {}
          : { metadata: discovery.authorizationServerMetadata }),
        clientInformation: client,
        refreshToken: tokens.refresh_token,
        resource: discovery.resourceMetadata?.resource ?? serverUrl,
        fetchFn: bounded().fetch,
      });
      return { ...tokens, ...renewed, ...(issuer === undefined ? {} : { issuer }) };
    },

    /** Whether the server offers it, and took both tokens back. Never throws. */
    async revoke({ discovery, client, tokens }: Grant): Promise<boolean> {
      const metadata = discovery.authorizationServerMetadata as Partial<OAuthMetadata> | undefined;
      const endpoint = metadata?.revocation_endpoint;
      if (endpoint === undefined || client === undefined || tokens === undefined) return false;
      const offered =
        metadata?.revocation_endpoint_auth_methods_supported ??
        metadata?.token_endpoint_auth_methods_supported ??
        [];
      try {
        const url = assertSecureTokenEndpoint(endpoint);
        for (const hint of ['refresh_token', 'access_token'] as const) {
          const token = tokens[hint];
          if (token === undefined) continue;
          const { client_id, client_secret = '' } = client;
          const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
          const body = new URLSearchParams({ token, token_type_hint: hint });
          const method = selectClientAuthMethod(client, offered);
          if (method === 'client_secret_basic')
            headers.authorization = `Basic ${Buffer.from(`${formEncoded(client_id)}:${formEncoded(client_secret)}`).toString('base64')}`;
          else body.set('client_id', client_id);
          if (method === 'client_secret_post') body.set('client_secret', client_secret);
          const answer = await bounded(LIMITS.revokeMs).fetch(url, {
            method: 'POST',
            headers,
            body: body.toString(),
            redirect: 'error',
          });
          await answer.body?.cancel();
          if (!answer.ok) return false;
        }
        return true;
      } catch {
        return false;
      }
    },
  };
}

const formEncoded = (text: string): string => new URLSearchParams({ a: text }).toString().slice(2);

const mixedUp = () =>
  new AppError(
    'conflict',
    'issuer_mismatch',
    'The answer came from another authorization server than the one that was asked. Begin anew; if it happens again, do not trust this server.',
  );

/** In words that give nothing away but the kind of failure: what a stranger wrote is not repeated. */
function failed(error: unknown): AppError {
  if (AuthorizationServerMismatchError.isInstance(error) || IssuerMismatchError.isInstance(error))
    return mixedUp();
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (
    RegistrationRejectedError.isInstance(error) ||
    /does not support dynamic client registration/.test(String(message))
  )
    return new AppError(
      'conflict',
      'registration_refused',
      'The authorization server does not register us by itself. Register this server there, with its callback address, and give clientId and clientSecret.',
    );
  const known = typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? ` (${code})` : '';
  return new AppError(
    'conflict',
    'authorization_failed',
    `The authorization server did not let us in${known}; begin anew, or ask whoever runs it.`,
  );
}
