// What this server is: version, parts, limits, and which models it may ask.
import type { ReplyOf } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import fields from '../agents/fields.module.css';
import { stateOf } from '../parts/query-state.tsx';
import { formatFull } from '../parts/times.ts';
import { useClient } from '../session/use-client.ts';
import tools from '../tools/tools.module.css';

type About = ReplyOf<'get_server'>;

const MODELS = { anthropic: 'Anthropic', openai: 'OpenAI', cloudflare: 'Cloudflare' };
const megabytes = (bytes: number): string =>
  bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(0)} GiB` : `${(bytes / 1024 ** 2).toFixed(0)} MiB`;

export function ServerTab() {
  const client = useClient();
  const query = useQuery({
    queryKey: ['server'],
    queryFn: ({ signal }) => client.call('get_server', {}, { signal }),
  });
  return (
    stateOf({ query, what: 'what this server is' }) ??
    (query.data !== undefined && <Facts about={query.data} />)
  );
}

function Facts({ about }: { about: About }) {
  const { limits, signIn } = about;
  return (
    <>
      <section className={fields.section}>
        <h2>This server</h2>
        <dl className={fields.facts}>
          <dt>Version</dt>
          <dd>{about.version}</dd>
          <dt>This node began</dt>
          <dd>{formatFull(about.startedAt)}</dd>
          <dt>Database</dt>
          <dd>{about.database === 'embedded' ? 'Embedded, in the data folder' : 'Postgres'}</dd>
          <dt>Nodes</dt>
          <dd>{about.cluster ? 'May be several: they find each other by Redis' : 'This one alone'}</dd>
          <dt>Files</dt>
          <dd>{about.files === 's3' ? 'In an object store' : 'On disk'}</dd>
          <dt>Sign-in</dt>
          <dd>
            {[signIn.byName && 'by name', signIn.clerk && 'by Clerk'].filter(Boolean).join(' and ') ||
              'by tokens only'}
          </dd>
          <dt>Previews of links</dt>
          <dd>{about.linkPreviews ? 'on' : 'off'}</dd>
        </dl>
      </section>
      <section className={fields.section}>
        <h2>Models</h2>
        {about.models.length === 0 ? (
          <>
            <p className={fields.hint}>
              No key is set: agents answer from a built-in script. Set one of these before the server starts.
            </p>
            <pre className={tools.raw}>
              {'ANTHROPIC_API_KEY=…\nOPENAI_API_KEY=…\nCLOUDFLARE_ACCOUNT_ID=… and CLOUDFLARE_API_TOKEN=…'}
            </pre>
          </>
        ) : (
          <p>{about.models.map((name) => MODELS[name]).join(', ')}</p>
        )}
      </section>
      <section className={fields.section}>
        <h2>Limits</h2>
        <dl className={fields.facts}>
          <dt>A message</dt>
          <dd>{limits.messageBytes.toLocaleString()} bytes</dd>
          <dt>A file</dt>
          <dd>{megabytes(limits.uploadBytes)}</dd>
          <dt>Files of one person</dt>
          <dd>{megabytes(limits.uploadBytesOfUser)}</dd>
          <dt>Agents at once</dt>
          <dd>{limits.agentsAtOnce}</dd>
          <dt>A run lasts at most</dt>
          <dd>{Math.round(limits.agentTimeoutMs / 1000)} s</dd>
          <dt>Rates</dt>
          <dd>
            {limits.rateFactor === 1 ? 'as documented' : `${limits.rateFactor} times what is documented`}
          </dd>
        </dl>
      </section>
    </>
  );
}
