// Asks a running server why: why somebody has a message or not, why a badge shows so many, why an agent kept silent.
// Answers in lines, or as the server gave it with --json. Exit 0: told. 1: the server refused. 2: the command was not understood.
import { parseArgs } from 'node:util';

const USAGE = `npm run parley -- explain message <messageId> [--user <handle or id>]
                       explain badge <room id or slug> [--user …]
                       explain thread <messageId> [--user …]
                       explain inbox
                       explain silence <messageId> [--agent <handle or id>]

  --url     the server (default http://127.0.0.1:4000)
  --token   who asks; or PARLEY_TOKEN. Of others you learn what you moderate
  --json    the answer as the server gave it`;

const LIMIT_MS = 10_000;

/** What the server said no with, or what stands in the way of asking. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

interface Entry {
  seq: number;
  reason: string;
  because: string;
  messageId: string;
  author: { handle: string };
}

interface Badge {
  unread: number;
  mentions: number;
  because: string;
  mark: { because: string; readAt?: string };
  counted: Entry[];
  excluded: Entry[];
  more: { counted: number; excluded: number };
}

interface Way {
  verdict: string;
  reason: string;
  because: string;
  complete: boolean;
  steps: {
    step: string;
    at?: string;
    evidence: string;
    because: string;
    node?: string;
    connection?: string;
  }[];
}

interface Inbox {
  unread: number;
  counted: { reason: string; because: string; createdAt: string; messageId?: string }[];
  excluded: { reason: string; because: string }[];
}

interface Turn {
  agentId: string;
  decision: string;
  reason: string;
  handling?: string;
  score?: number;
  parts?: { name: string; by: number }[];
  run?: { id: string; status: string; reason?: string };
}

type Get = <T>(path: string) => Promise<T>;
type Told = { json: unknown; lines: string[] };

const query = (user: string | undefined) => (user === undefined ? '' : `?userId=${encodeURIComponent(user)}`);

async function message(get: Get, id: string, user: string | undefined): Promise<Told> {
  const way = await get<Way>(`/api/messages/${encodeURIComponent(id)}/delivery${query(user)}`);
  const lines = way.steps.map(({ step, at, evidence, because, node, connection }) => {
    const where = [node && `node ${node}`, connection && `connection ${connection}`]
      .filter(Boolean)
      .join(', ');
    return `${(at ?? '').padEnd(24)}  ${step.padEnd(10)}  ${evidence.padEnd(8)}  ${because}${where === '' ? '' : ` (${where})`}`;
  });
  if (!way.complete) lines.push('Not every node was heard: there may be more.');
  return { json: way, lines: [`${way.verdict} (${way.reason}): ${way.because}`, ...lines] };
}

async function badge(get: Get, path: string): Promise<Told> {
  const told = await get<Badge>(path);
  const line = ({ seq, author, reason, because }: Entry) =>
    `${String(seq).padStart(8)}  @${author.handle}  ${reason}: ${because}`;
  const rest = (n: number) => (n === 0 ? [] : [`          and ${n} more`]);
  return {
    json: told,
    lines: [
      `${told.unread} unread, ${told.mentions} mentions: ${told.because}`,
      `${told.mark.because}${told.mark.readAt === undefined ? '' : ` (${told.mark.readAt})`}`,
      ...(told.counted.length === 0
        ? []
        : ['Counted:', ...told.counted.map(line), ...rest(told.more.counted)]),
      ...(told.excluded.length === 0
        ? []
        : ['Left out:', ...told.excluded.map(line), ...rest(told.more.excluded)]),
    ],
  };
}

async function inbox(get: Get): Promise<Told> {
  const told = await get<Inbox>('/api/notifications/explain');
  return {
    json: told,
    lines: [
      `${told.unread} unread in the inbox`,
      ...told.counted.map((n) => `${n.createdAt}  ${n.reason}: ${n.because}`),
      ...told.excluded.map((n) => `left out  ${n.reason}: ${n.because}`),
    ],
  };
}

async function silence(get: Get, id: string, agent: string | undefined): Promise<Told> {
  const { roomId } = await get<{ roomId: string }>(`/api/messages/${encodeURIComponent(id)}`);
  const only =
    agent === undefined
      ? undefined
      : (await get<{ id: string }>(`/api/users/${encodeURIComponent(agent.replace(/^@/, ''))}`)).id;
  const { data } = await get<{ data: Turn[] }>(
    `/api/rooms/${roomId}/turns?messageId=${encodeURIComponent(id)}`,
  );
  const turns = data.filter((turn) => only === undefined || turn.agentId === only);
  const lines = await Promise.all(
    turns.map(async ({ agentId, decision, reason, handling, score, parts, run }) => {
      const { handle } = await get<{ handle: string }>(`/api/users/${agentId}`).catch(() => ({
        handle: agentId,
      }));
      const more = [
        handling,
        score === undefined ? undefined : `score ${score.toFixed(2)}`,
        ...(parts ?? []).map(({ name, by }) => `${name} ${by > 0 ? '+' : ''}${by.toFixed(2)}`),
        run === undefined
          ? undefined
          : `run ${run.id} ${run.status}${run.reason === undefined ? '' : `, ${run.reason}`}`,
      ].filter((one) => one !== undefined);
      return `@${handle}  ${decision} (${reason})${more.length === 0 ? '' : `: ${more.join('; ')}`}`;
    }),
  );
  if (lines.length === 0)
    lines.push(
      'No agent of the room has looked at this message: none was there, or it was written by an agent that nobody answers.',
    );
  return { json: turns, lines };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:4000' },
      token: { type: 'string' },
      user: { type: 'string' },
      agent: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const [what, subject = '', ...more] = positionals;
  const user = values.user?.replace(/^@/, '');
  const url = values.url.replace(/\/$/, '');
  if (!/^https?:\/\//.test(url)) throw new Refused(`--url: "${url}" is no address\n\n${USAGE}`, 2);
  const token = values.token ?? process.env.PARLEY_TOKEN ?? '';
  const get: Get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      signal: AbortSignal.timeout(LIMIT_MS),
      headers: { connection: 'close', authorization: `Bearer ${token}` },
    }).catch((error: Error) => {
      const why = (error.cause as { code?: string } | undefined)?.code ?? error.message;
      throw new Refused(`${url} cannot be reached (${why}). Start the server there, or correct --url.`);
    });
    const answer = (await response.json().catch(() => ({}))) as T & { detail?: string; reason?: string };
    if (response.ok) return answer;
    throw new Refused(
      `${answer.detail ?? `The server answered ${response.status}.`} (${answer.reason ?? path})`,
    );
  };
  const room = encodeURIComponent(subject);
  const asked: Record<string, () => Promise<Told>> = {
    message: () => message(get, subject, user),
    badge: () => badge(get, `/api/rooms/${room}/unread/explain${query(user)}`),
    thread: () => badge(get, `/api/messages/${room}/thread/unread/explain${query(user)}`),
    inbox: () => inbox(get),
    silence: () => silence(get, subject, values.agent),
  };
  const ask = Object.hasOwn(asked, what ?? '') ? asked[what as string] : undefined;
  if (ask === undefined || more.length > 0 || (subject === '') !== (what === 'inbox'))
    throw new Refused(`Explain what?\n\n${USAGE}`, 2);
  if (token === '')
    throw new Refused('Give --token, or set PARLEY_TOKEN; `parley token <name>` prints one.', 2);
  const { json, lines } = await ask();
  console.log(values.json ? JSON.stringify(json, null, 2) : lines.join('\n'));
}

try {
  await main();
} catch (error) {
  const { message: said, stack } = error as Error;
  const badOption = String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
  process.exitCode = error instanceof Refused ? error.code : badOption ? 2 : 1;
  process.stderr.write(`${badOption ? `${said}\n\n${USAGE}` : error instanceof Refused ? said : stack}\n`);
}
