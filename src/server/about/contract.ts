// The wire of what this server is: version, parts, limits. For administrators; never a secret, an address or a path.
import { z } from 'zod';
import { defineOperation } from '../../core/contract.ts';
import { Timestamp } from '../identity/contract.ts';

export const About = z.object({
  version: z.string(),
  /** When the node that answers began. */
  startedAt: Timestamp,
  database: z.enum(['embedded', 'postgres']),
  /** Nodes find each other by Redis; otherwise this one is alone. */
  cluster: z.boolean(),
  files: z.enum(['disk', 's3']),
  signIn: z.object({ byName: z.boolean(), clerk: z.boolean() }),
  /** Providers of models that a key is set for; with none, agents answer from a script. */
  models: z.array(z.enum(['anthropic', 'openai', 'cloudflare'])),
  linkPreviews: z.boolean(),
  limits: z.object({
    messageBytes: z.number().int(),
    uploadBytes: z.number().int(),
    uploadBytesOfUser: z.number().int(),
    agentsAtOnce: z.number().int(),
    agentTimeoutMs: z.number().int(),
    rateFactor: z.number(),
  }),
});
export type About = z.infer<typeof About>;

export const getServer = defineOperation({
  name: 'server.about',
  summary: 'What this server is: version, parts, limits (administrator)',
  tag: 'Server',
  rest: { method: 'get', path: '/api/server' },
  socket: 'get_server',
  input: z.object({}),
  output: About,
  permission: 'admin',
  effect: 'read',
});
