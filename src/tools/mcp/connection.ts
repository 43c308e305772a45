// One connection to an MCP server, with the official client: over Streamable HTTP through the fetch it is given, or to a program
// that is started without a shell. Offers a server nothing of ours (no sampling, roots, elicitation). Must never send a
// credential other than the one of this server, nor wait without a deadline.
import {
  type AuthProvider,
  Client,
  extractWWWAuthenticateParams,
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { McpProgram } from '../../core/config.ts';
import { within } from '../../core/db/deadline.ts';
import { AppError } from '../../core/errors.ts';
import type { GuardedFetch } from '../http-guard.ts';
import type { ToolResult } from '../tool.ts';
import { readResult } from './result.ts';

/** What a server said when it refused a request for want of a consent. */
export interface Challenge {
  error?: string | undefined;
  scope?: string | undefined;
  resourceMetadataUrl?: URL | undefined;
  /** It refused a token that was new. */
  again?: boolean;
}

/** Signs the requests of one connection. */
export interface Signing {
  /** @throws AppError when nothing but a consent helps */
  token(): Promise<string | undefined>;
  /** Resolves when there is another token to try. @throws AppError */
  refused(challenge: Challenge): Promise<void>;
}

export type McpTarget =
  | { kind: 'http'; url: string; headers: Record<string, string>; signing?: Signing | undefined }
  | { kind: 'program'; program: McpProgram };

export interface McpConnection {
  /** What the server offers now, as it says it. */
  listTools(signal?: AbortSignal): Promise<unknown[]>;
  call(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
  /** Whether the server has said that its tools changed since they were listed. */
  isStale(): boolean;
  isClosed(): boolean;
  close(): Promise<void>;
}

export interface ConnectDeps {
  fetch: GuardedFetch;
  version: string;
  limits?: Partial<typeof MCP_LIMITS>;
}

export const MCP_LIMITS = {
  connectMs: 20_000,
  listMs: 10_000,
  callMs: 60_000,
  /** Spent on telling a server that its session is over. */
  goodbyeMs: 1000,
  pages: 10,
  /** Of one message of a program. */
  messageBytes: 2 * 1024 * 1024,
};

/** @throws Error of the client or of the fetch */
export async function connectMcp(target: McpTarget, deps: ConnectDeps): Promise<McpConnection> {
  const limits = { ...MCP_LIMITS, ...deps.limits };
  let stale = false;
  let closed = false;
  const client = new Client(
    { name: 'parley', version: deps.version },
    {
      capabilities: {},
      versionNegotiation: { mode: 'auto', probe: { timeoutMs: limits.connectMs / 2 } },
      inputRequired: { autoFulfill: false },
      listMaxPages: limits.pages,
      // Schemas of strangers are not compiled here; what an answer holds is read as data.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    stale = true;
  });
  client.onclose = () => {
    closed = true;
  };
  // Each call tells its own failure.
  client.onerror = () => undefined;
  const transport = transportTo(target, deps.fetch, limits.messageBytes);
  const signing = target.kind === 'http' ? target.signing : undefined;

  /** A refusal that a new token did not change, or that only a wider consent would. */
  async function signed<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const challenge = signing === undefined ? undefined : challengeIn(error);
      if (challenge !== undefined) await signing?.refused(challenge);
      throw error;
    }
  }

  try {
    await signed(() => client.connect(transport, { timeout: limits.connectMs }));
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }

  return {
    async listTools(signal) {
      stale = false;
      const { tools } = await signed(() =>
        client.listTools(undefined, {
          cacheMode: 'bypass',
          timeout: limits.listMs,
          maxTotalTimeout: limits.listMs,
          ...(signal === undefined ? {} : { signal }),
        }),
      );
      return tools;
    },
    async call(name, args, signal) {
      signal.throwIfAborted();
      const answer = await signed(() =>
        client.callTool(
          { name, arguments: args },
          { signal, timeout: limits.callMs, maxTotalTimeout: limits.callMs },
        ),
      );
      return readResult(answer);
    },
    isStale: () => stale,
    isClosed: () => closed,
    async close() {
      // The server need not keep a session that nobody comes back to.
      if ('terminateSession' in transport)
        await within(transport.terminateSession(), limits.goodbyeMs, () => new Error()).catch(
          () => undefined,
        );
      await client.close();
    },
  };
}

function transportTo(target: McpTarget, fetch: GuardedFetch, messageBytes: number) {
  if (target.kind === 'program') {
    const { command, args, env, cwd } = target.program;
    return new StdioClientTransport({
      command,
      args,
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stderr: 'ignore',
      maxBufferSize: messageBytes,
    });
  }
  const { signing } = target;
  return new StreamableHTTPClientTransport(new URL(target.url), {
    ...(signing === undefined ? {} : { authProvider: providerOf(signing) }),
    requestInit: { headers: target.headers },
    // A stream that is open for the server's own use would be held for as long as the connection; tools are listed anew instead.
    fetch: async (url, init) =>
      init?.method === 'GET' ? new Response(null, { status: 405 }) : fetch(url, init ?? {}),
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1,
    },
  });
}

/** A 401 that asks for no token is the refusal it would be without signing. */
const providerOf = (signing: Signing): AuthProvider => ({
  token: () => signing.token(),
  async onUnauthorized({ response }) {
    if (/^(bearer|dpop)\b/i.test(response.headers.get('www-authenticate') ?? '') || (await signing.token()))
      return signing.refused(extractWWWAuthenticateParams(response));
    throw refusedCredentials(response.status);
  },
});

function challengeIn(error: unknown): Challenge | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++) {
    if (cause instanceof AppError) return undefined;
    if (InsufficientScopeError.isInstance(cause))
      return {
        error: 'insufficient_scope',
        scope: cause.requiredScope,
        resourceMetadataUrl: cause.resourceMetadataUrl,
      };
    if (SdkError.isInstance(cause) && cause.code === SdkErrorCode.ClientHttpAuthentication)
      return { again: true };
  }
  return undefined;
}

/** Whether an error says something of the connection, and not only of the call or of who is signed in. */
export function isBroken(error: unknown): boolean {
  if (isRefusal(error)) return false;
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++)
    if (cause instanceof AppError && cause.reason === 'needs_authorization') return false;
  return true;
}

/** The server answered, and what it said was no. */
export const isRefusal = (error: unknown): error is Error => ProtocolError.isInstance(error);

/** Why a server could not be asked, in words that give nothing of it away but a status. */
export function whyNot(error: unknown): AppError {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 6; cause = cause.cause, depth++) {
    if (cause instanceof AppError) return cause;
    if (SdkError.isInstance(cause) && cause.code === SdkErrorCode.RequestTimeout)
      return unreachable('The server did not answer in time; ask for less, or try later.');
    const { status, code } = cause as { status?: unknown; code?: unknown };
    if (status === 401 || status === 403) return refusedCredentials(status);
    if (typeof status === 'number') return unreachable(`The server answered with status ${status}.`);
    if (code === 'ENOENT' || code === 'EACCES')
      return unreachable('The program of this server could not be started; check the configuration.');
  }
  return unreachable('The server did not answer as MCP servers do; check its address, and try later.');
}

const refusedCredentials = (status: number): AppError =>
  unreachable(`The server refused our credentials (${status}); set its headers anew, or sign in at it.`);

const unreachable = (message: string): AppError => new AppError('unavailable', 'mcp_unreachable', message);
