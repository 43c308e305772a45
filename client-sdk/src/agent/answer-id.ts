// The id of the answer to a message, or to a press of a card. The same for every try and every copy of the agent, so that there is one
// answer.

/** A version 8 UUID of who answers and what is answered; see RFC 9562. */
export async function answerId(agentUserId: string, to: string): Promise<string> {
  const words = new TextEncoder().encode(`parley-answer:${agentUserId}:${to}`);
  const bytes = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', words)).slice(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
