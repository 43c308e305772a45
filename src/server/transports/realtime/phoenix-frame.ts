// Phoenix Channels frames, serializer versions 1.0.x (objects) and 2.0.x (arrays), text and binary. Pure.
import { assertSafeJson } from '../../../core/json.ts';

export type Version = 1 | 2;

/** A client's frame. Refs are whatever JSON value came: they are compared strictly and echoed as they are. */
export interface Frame {
  joinRef: unknown;
  ref: unknown;
  topic: unknown;
  event: unknown;
  payload: unknown;
}

/** @returns undefined for a `vsn` that is not served; a missing one means 1.0.0 */
/** The protocol version that an address asks for; 1 where it names none. */
export function parseVersion(query: URLSearchParams): Version | undefined {
  const vsn = query.get('vsn');
  // `vsn[]=…` is a list, not a version.
  if (vsn === null) return [...query.keys()].some((key) => key.startsWith('vsn[')) ? undefined : 1;
  const match = /^([12])\.0\.(0|[1-9]\d*)$/.exec(vsn);
  return match === null ? undefined : (Number(match[1]) as Version);
}

/** @throws SyntaxError for anything that is not a frame, AppError for refs that could not be echoed */
export function decode(version: Version, text: string): Frame {
  const frame = parse(version, JSON.parse(text));
  for (const echoed of [frame.joinRef, frame.ref, frame.topic])
    if (typeof echoed === 'object') assertSafeJson(echoed);
  return frame;
}

function parse(version: Version, value: unknown): Frame {
  if (version === 2) {
    if (!Array.isArray(value) || value.length < 5) throw new SyntaxError('not an array of five');
    const [joinRef, ref, topic, event, payload] = value as unknown[];
    return { joinRef, ref, topic, event, payload };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('not an object');
  for (const key of ['topic', 'event', 'payload', 'ref']) {
    if (!Object.hasOwn(value, key)) throw new SyntaxError(`no ${key}`);
  }
  const frame = value as Record<string, unknown>;
  return {
    joinRef: frame.join_ref ?? null,
    ref: frame.ref,
    topic: frame.topic,
    event: frame.event,
    payload: frame.payload,
  };
}

/** A frame to a client; `json` is the payload, already serialised. Version 1 never carries a join_ref. */
export function encode(
  version: Version,
  joinRef: unknown,
  ref: unknown,
  topic: unknown,
  event: string,
  json: string,
): string {
  return version === 2
    ? `[${JSON.stringify(joinRef ?? null)},${JSON.stringify(ref ?? null)},${JSON.stringify(topic)},${JSON.stringify(event)},${json}]`
    : `{"topic":${JSON.stringify(topic)},"event":${JSON.stringify(event)},"payload":${json},"ref":${JSON.stringify(ref ?? null)}}`;
}

export function encodeReply(
  version: Version,
  joinRef: unknown,
  ref: unknown,
  topic: unknown,
  status: 'ok' | 'error',
  /** The response, serialised. */
  json: string,
): string {
  return encode(version, joinRef, ref, topic, 'phx_reply', `{"status":"${status}","response":${json}}`);
}

const BEARER = 'base64url.bearer.phx.';

/** The token that phoenix.js puts among the sub-protocols as `authToken`; ordinary and URL-safe base64, unpadded. */
export function tokenFromProtocols(header: string | undefined): string | undefined {
  const entry = header
    ?.split(',')
    .map((part) => part.trim())
    .find((part) => part.startsWith(BEARER));
  if (entry === undefined) return undefined;
  const token = Buffer.from(entry.slice(BEARER.length), 'base64').toString('utf8');
  return token === '' ? undefined : token;
}

const MAX_FIELD_BYTES = 255;

/**
 * A client's binary frame (version 2): kind 0, four lengths, then join_ref, ref, topic, event and the bytes.
 * Version 1 has no binary format: its JSON is taken from a binary frame as well.
 * @throws SyntaxError for another kind, or lengths that overrun the frame
 */
export function decodeBinary(version: Version, data: Buffer): Frame {
  if (version === 1) return decode(version, data.toString('utf8'));
  if (data.length < 5 || data[0] !== 0) throw new SyntaxError('not a binary push');
  const lengths = [1, 2, 3, 4].map((i) => data[i] as number);
  let at = 5;
  const [joinRef, ref, topic, event] = lengths.map((length) => {
    if (at + length > data.length) throw new SyntaxError('a cut binary frame');
    const field = data.toString('utf8', at, at + length);
    at += length;
    return field;
  });
  return { joinRef, ref, topic, event, payload: data.subarray(at) };
}

/** A server's binary frame. Kind 0 has another layout in this direction: it carries no ref. */
export function encodeBinary(
  frame:
    | { kind: 'push'; joinRef: unknown; topic: string; event: string }
    | { kind: 'reply'; joinRef: unknown; ref: unknown; topic: string; status: 'ok' | 'error' }
    | { kind: 'broadcast'; topic: string; event: string },
  data: Buffer,
): Buffer {
  const word = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
  const [kind, fields] =
    frame.kind === 'push'
      ? [0, [word(frame.joinRef), frame.topic, frame.event]]
      : frame.kind === 'reply'
        ? [1, [word(frame.joinRef), word(frame.ref), frame.topic, frame.status]]
        : [2, [frame.topic, frame.event]];
  const bytes = (fields as string[]).map((field) => Buffer.from(field).subarray(0, MAX_FIELD_BYTES));
  return Buffer.concat([Buffer.from([kind as number, ...bytes.map((b) => b.length)]), ...bytes, data]);
}
