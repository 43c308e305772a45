// What this server is, told from its configuration. Must never tell a secret: only whether one is set.
import type { Clock } from '../../core/clock.ts';
import type { Config } from '../../core/config.ts';
import { handle, type Module } from '../../core/module.ts';
import { MAX_BODY_BYTES } from '../messages/contract.ts';
import { type About, getServer } from './contract.ts';

export function aboutModule(deps: { config: Config; clock: Clock }): Module {
  const { config, clock } = deps;
  const startedAt = clock.date().toISOString();
  const keys = {
    anthropic: config.ANTHROPIC_API_KEY !== undefined,
    openai: config.OPENAI_API_KEY !== undefined,
    cloudflare: config.CLOUDFLARE_ACCOUNT_ID !== undefined && config.CLOUDFLARE_API_TOKEN !== undefined,
  };
  const about: About = {
    version: config.version,
    startedAt,
    database: config.DATABASE_URL === undefined ? 'embedded' : 'postgres',
    cluster: config.REDIS_URL !== undefined,
    files: config.S3_BUCKET === undefined ? 'disk' : 's3',
    signIn: { byName: config.AUTH_LOCAL, clerk: config.CLERK_SECRET_KEY !== undefined },
    models: (['anthropic', 'openai', 'cloudflare'] as const).filter((name) => keys[name]),
    linkPreviews: config.LINK_PREVIEWS,
    limits: {
      messageBytes: MAX_BODY_BYTES,
      uploadBytes: config.UPLOAD_MAX_BYTES,
      uploadBytesOfUser: config.UPLOAD_USER_BYTES,
      agentsAtOnce: config.AGENT_MAX_CONCURRENT,
      agentTimeoutMs: config.AGENT_TIMEOUT_MS,
      rateFactor: config.RATE_LIMIT_FACTOR,
    },
  };
  return { name: 'about', operations: [handle(getServer, () => about)] };
}
