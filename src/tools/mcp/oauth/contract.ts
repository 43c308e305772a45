// The wire of signing in at outside MCP servers (OAuth). Over REST only, by a person in his own browser: whoever consents there
// gives what is his to agents here.
import { z } from 'zod';
import { defineOperation } from '../../../core/contract.ts';
import { Id, Timestamp } from '../../../server/identity/contract.ts';

export const McpAuthorization = z.object({
  serverId: Id,
  serverName: z.string(),
  url: z.string(),
  /** `needs_authorization`: the server asks for a consent, which its owner gives at `connectUrl`. */
  status: z.enum(['not_connected', 'connected', 'needs_authorization']),
  /** Page on which the owner begins, in the browser he is signed in with. */
  connectUrl: z.string(),
  /** Who gave the tokens. */
  issuer: z.string().optional(),
  scope: z.string().optional(),
  /** What the server asked for when it refused. */
  requiredScope: z.string().optional(),
  /** Of the access token; it is renewed by itself where the server allows that. */
  expiresAt: Timestamp.optional(),
  connectedAt: Timestamp.optional(),
});
export type McpAuthorization = z.infer<typeof McpAuthorization>;

const AuthorizationBegun = z.object({ authorizationUrl: z.string(), expiresAt: Timestamp });
const tag = 'MCP servers';
const path = '/api/mcp/servers/:serverId/oauth';

/** Minutes in which a consent must be given. */
export const CONSENT_MINUTES = 10;

/** Of a consent, by the first half of its state; kept to this host and, where there is TLS, to TLS. */
export const cookieName = (state: string, secure: boolean): string =>
  `${secure ? '__Host-' : ''}parley-mcp-${state.slice(0, state.indexOf('.'))}`;

/** Ties a consent to the browser in which it was begun: the callback is refused in any other. */
function consentCookie({ authorizationUrl }: z.infer<typeof AuthorizationBegun>): string {
  const { searchParams } = new URL(authorizationUrl);
  const state = searchParams.get('state') ?? '';
  const secure = searchParams.get('redirect_uri')?.startsWith('https:') === true;
  const limits = `Path=/; Max-Age=${CONSENT_MINUTES * 60}; HttpOnly; SameSite=Lax`;
  return `${cookieName(state, secure)}=${state}; ${limits}${secure ? '; Secure' : ''}`;
}

export const authorizeMcpServer = defineOperation({
  name: 'mcp_servers.authorize',
  summary: 'Begin to sign in at one of my MCP servers',
  description:
    'Answers the address to open in the same browser, within ten minutes; a consent begun before is void. `clientId` (and `clientSecret`) are for servers that know this one already; without them it is registered there. `scope` is what to ask for instead of what the server wants.',
  tag,
  rest: { method: 'post', path, cookie: consentCookie },
  input: z.strictObject({
    serverId: Id,
    clientId: z.string().min(1).max(2000).optional(),
    clientSecret: z.string().min(1).max(2000).optional(),
    scope: z
      .string()
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'are words with one space between')
      .max(2000)
      .optional(),
  }),
  output: AuthorizationBegun,
  permission: 'signed_in',
  effect: 'reversible',
  rate: { bucket: 'mcp_servers.authorize', points: 20, seconds: 60 },
});

export const getMcpAuthorization = defineOperation({
  name: 'mcp_servers.authorization',
  summary: 'How one of my MCP servers is signed in at',
  tag,
  rest: { method: 'get', path },
  input: z.object({ serverId: Id }),
  output: McpAuthorization,
  permission: 'signed_in',
  effect: 'read',
});

export const disconnectMcpServer = defineOperation({
  name: 'mcp_servers.disconnect',
  summary: 'Sign out at an MCP server: its tokens are revoked where it offers that, and forgotten',
  tag,
  rest: { method: 'delete', path },
  input: z.object({ serverId: Id }),
  /** Whether the server was told, and said yes. */
  output: z.object({ revoked: z.boolean() }),
  permission: 'signed_in',
  effect: 'irreversible',
});
