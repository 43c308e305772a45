// Whether everybody heard the same story, once, in order, word for word, and whether the agent answered whom it should.
// Pure: from records to offences. Must never sort, repair or skip a record before judging it.

export interface Entry {
  seq: number;
  type: string;
  /** The payload as JSON with sorted keys. */
  text: string;
}

export interface SentLine {
  id: string;
  body: string;
  client: number;
  /** Undefined when it was never acknowledged. */
  ackedSeq: number | undefined;
  addressesAgent: boolean;
}

export interface Delta {
  messageId: string;
  at: number;
  text: string;
}

export interface ClientRecord {
  name: string;
  /** Newest seq that the answer to its first join told of. */
  joinedAt: number;
  /** Entries as they came, from the first join on. */
  heard: Entry[];
  deltas: Delta[];
}

export interface LogMessage {
  id: string;
  seq: number;
  body: string;
  authorId: string;
  runId: string | undefined;
  text: string;
}

export interface RoomEvidence {
  room: string;
  agentId: string | undefined;
  /** In the order in which they were sent. */
  sent: SentLine[];
  /** The room's log, by REST. */
  log: Entry[];
  /** The room's history, by REST. */
  history: LogMessage[];
  clients: ClientRecord[];
  /** The run that the server says each of our questions made, by message id. */
  runs: Map<string, string | undefined>;
}

export interface Offence {
  kind:
    | 'gap in the log'
    | 'not acknowledged'
    | 'lost'
    | 'doubled'
    | 'reordered'
    | 'altered'
    | 'from nowhere'
    | 'history differs'
    | 'unanswered'
    | 'answered twice'
    | 'answer nobody asked for'
    | 'deltas differ';
  where: string;
  what: string;
}

export interface Verdict {
  offences: Offence[];
  /** Entries that all clients together should have heard. */
  expectedDeliveries: number;
  answers: number;
  /** Streams that a client heard from the first to the last character. */
  fullStreams: number;
}

export function prove(evidence: RoomEvidence): Verdict {
  const { room, log, history, clients } = evidence;
  const messages = new Map(history.map((message) => [message.id, message]));
  const offences = [
    ...checkLog(room, log),
    ...checkHistory(room, log, history),
    ...checkSent(evidence, messages),
    ...clients.flatMap((client) => checkClient(room, log, client)),
    ...checkAgent(evidence),
  ];
  let fullStreams = 0;
  for (const client of clients) {
    for (const [messageId, deltas] of Map.groupBy(client.deltas, (d) => d.messageId)) {
      const said = assemble(deltas);
      const body = messages.get(messageId)?.body;
      if (said === undefined || body === undefined) continue;
      if (said === body) fullStreams++;
      else if (!body.startsWith(said))
        offences.push({ kind: 'deltas differ', where: `${room}, ${client.name}`, what: messageId });
    }
  }
  return {
    offences,
    expectedDeliveries: clients.reduce(
      (sum, client) => sum + log.filter((entry) => entry.seq > client.joinedAt).length,
      0,
    ),
    answers: history.filter((message) => message.authorId === evidence.agentId).length,
    fullStreams,
  };
}

function checkLog(room: string, log: Entry[]): Offence[] {
  const wrong = log.findIndex((entry, i) => entry.seq !== i + 1);
  if (wrong < 0) return [];
  return [{ kind: 'gap in the log', where: room, what: `${log[wrong]?.seq} in place ${wrong + 1}` }];
}

const isMessage = (entry: Entry): boolean => entry.type === 'new_message' || entry.type === 'agent_message';

function checkHistory(room: string, log: Entry[], history: LogMessage[]): Offence[] {
  const entries = log.filter(isMessage);
  const differs = (i: number) => entries[i]?.seq !== history[i]?.seq || entries[i]?.text !== history[i]?.text;
  const length = Math.max(entries.length, history.length);
  for (let i = 0; i < length; i++) {
    if (differs(i))
      return [{ kind: 'history differs', where: room, what: `seq ${entries[i]?.seq ?? history[i]?.seq}` }];
  }
  return [];
}

/** Every sent line is in the log once, where its answer said, word for word; each sender's in its order; nothing else is. */
function checkSent(evidence: RoomEvidence, messages: Map<string, LogMessage>): Offence[] {
  const { room, sent, history, agentId } = evidence;
  const offences: Offence[] = [];
  const lastOf = new Map<number, number>();
  const ours = new Set<string>();
  for (const line of sent) {
    ours.add(line.id);
    const where = `${room}, the log`;
    const stored = messages.get(line.id);
    if (line.ackedSeq === undefined) offences.push({ kind: 'not acknowledged', where, what: line.id });
    if (stored === undefined) {
      if (line.ackedSeq !== undefined) offences.push({ kind: 'lost', where, what: line.id });
      continue;
    }
    if (stored.body !== line.body) offences.push({ kind: 'altered', where, what: line.id });
    if (line.ackedSeq !== undefined && stored.seq !== line.ackedSeq)
      offences.push({
        kind: 'reordered',
        where,
        what: `${line.id}: acknowledged as ${line.ackedSeq}, is ${stored.seq}`,
      });
    if (stored.seq < (lastOf.get(line.client) ?? 0))
      offences.push({ kind: 'reordered', where, what: `${line.id}: before an earlier line of its sender` });
    lastOf.set(line.client, stored.seq);
  }
  const seen = new Set<string>();
  for (const { id, authorId } of history) {
    if (seen.has(id)) offences.push({ kind: 'doubled', where: `${room}, the log`, what: id });
    seen.add(id);
    if (!ours.has(id) && authorId !== agentId)
      offences.push({ kind: 'from nowhere', where: `${room}, the log`, what: id });
  }
  return offences;
}

/** What a client heard after its join is the log from there on: each entry once, in its place, the same words. */
function checkClient(room: string, log: Entry[], client: ClientRecord): Offence[] {
  const where = `${room}, ${client.name}`;
  const offences: Offence[] = [];
  const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
  const seen = new Set<number>();
  let newest = client.joinedAt;
  for (const { seq, type, text } of client.heard) {
    if (seq <= client.joinedAt) continue;
    const entry = bySeq.get(seq);
    if (entry === undefined) {
      offences.push({ kind: 'from nowhere', where, what: `seq ${seq}` });
      continue;
    }
    if (seen.has(seq)) offences.push({ kind: 'doubled', where, what: `seq ${seq}` });
    else if (seq < newest) offences.push({ kind: 'reordered', where, what: `seq ${seq} after ${newest}` });
    if (entry.type !== type || entry.text !== text)
      offences.push({ kind: 'altered', where, what: `seq ${seq}` });
    seen.add(seq);
    newest = Math.max(newest, seq);
  }
  for (const { seq } of log) {
    if (seq > client.joinedAt && !seen.has(seq)) offences.push({ kind: 'lost', where, what: `seq ${seq}` });
  }
  return offences;
}

/** Each question has one answer, by the run it made; no other message has any. */
function checkAgent({ room, agentId, sent, history, runs }: RoomEvidence): Offence[] {
  if (agentId === undefined) return [];
  const where = `${room}, the agent`;
  const offences: Offence[] = [];
  const answers = Map.groupBy(
    history.filter((message) => message.authorId === agentId),
    (message) => message.runId,
  );
  const asked = new Set<string | undefined>();
  for (const { id, addressesAgent, body } of sent) {
    if (!addressesAgent) continue;
    const runId = runs.get(id);
    asked.add(runId);
    const count = runId === undefined ? 0 : (answers.get(runId)?.length ?? 0);
    if (count === 0) offences.push({ kind: 'unanswered', where, what: `${id} ${body.slice(0, 60)}` });
    if (count > 1) offences.push({ kind: 'answered twice', where, what: id });
  }
  for (const [runId, given] of answers) {
    if (runId !== undefined && asked.has(runId)) continue;
    for (const { id } of given) offences.push({ kind: 'answer nobody asked for', where, what: id });
  }
  return offences;
}

/** The text as its pieces build it; undefined when one is missing before the last. */
function assemble(deltas: Delta[]): string | undefined {
  let said = '';
  for (const { at, text } of deltas) {
    if (at > said.length) return undefined;
    said = said.slice(0, at) + text;
  }
  return said;
}

/** JSON that two equal values share, whatever the order of their keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
