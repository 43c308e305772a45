// One tool of an agent: what it does and takes, the cases in which it may be used, trying it, taking it away.
import { ActionIcon, Button, Group, Tooltip } from '@mantine/core';
import type { Agent, ToolGrant } from '@parley/client';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { toolWords } from '../agents/words.ts';
import { FoldRow } from '../parts/fold-row.tsx';
import { useTell } from '../parts/notices.tsx';
import { EffectTag } from './effect-tag.tsx';
import { type JsonSchema, typeWords } from './json-schema.ts';
import { LimitsDialog } from './limits-dialog.tsx';
import styles from './tools.module.css';
import { TryDialog } from './try-dialog.tsx';
import { type AgentTool, asLimits, asTold, useNames, usePutTools } from './use-agent-tools.ts';
import { actsOutside, EFFECTS, type Limits, limitWords, permissionWords } from './words.ts';

interface AgentToolRowProps {
  agent: Agent;
  tool: AgentTool;
  /** All of the agent, which are kept together. */
  all: readonly AgentTool[];
}

export function AgentToolRow({ agent, tool, all }: AgentToolRowProps) {
  const { info, grants } = tool;
  const [trying, setTrying] = useState(false);
  return (
    <>
      <FoldRow
        title={
          <>
            {toolWords(info.name)} <EffectTag effect={info.effect} />
            {grants.length > 0 && <span className={styles.effect}>limited</span>}
          </>
        }
        about={info.unavailable === undefined ? info.description : `Not usable here: ${info.unavailable}`}
        actions={
          <Tooltip label="Try it">
            <ActionIcon aria-label={`Try ${toolWords(info.name)}`} onClick={() => setTrying(true)}>
              <IconPlayerPlay size={17} aria-hidden="true" />
            </ActionIcon>
          </Tooltip>
        }
      >
        <p className={styles.quiet}>
          {EFFECTS[info.effect].about}
          {info.permissions.length > 0 && ` ${permissionWords(info.permissions)}`}
          {info.audience === 'asker' && ' What it finds is only for whoever asked.'}
        </p>
        <LimitsPart agent={agent} tool={tool} all={all} />
        <ToolInputs schema={info.parameters} />
      </FoldRow>
      <TryDialog agent={agent} tool={info} opened={trying} onClose={() => setTrying(false)} />
    </>
  );
}

function LimitsPart({ agent, tool, all }: AgentToolRowProps) {
  const { info, grants } = tool;
  const put = usePutTools(agent);
  const tell = useTell();
  const [editing, setEditing] = useState<ToolGrant | 'new'>();
  const names = useNames(grants.flatMap(({ requesters }) => requesters?.users ?? []));

  const replace = (limits: Limits[]) =>
    put.mutateAsync(asTold(all).map((one) => (one.name === info.name ? { ...one, limits } : one)));
  const others = grants.filter((grant) => grant !== editing).map(asLimits);
  const takeAway = () =>
    put.mutate(
      asTold(all).filter(({ name }) => name !== info.name),
      { onError: (error) => tell('Could not take the tool away', error) },
    );
  const remove = (grant: ToolGrant) =>
    replace(grants.filter((one) => one !== grant).map(asLimits)).catch((error: unknown) =>
      tell('Could not remove the limits', error),
    );

  return (
    <div className={styles.part}>
      <h3>{grants.length > 1 ? 'It may be used in any of these cases' : 'When it may be used'}</h3>
      {grants.length === 0 ? (
        <p className={styles.quiet}>
          Whenever it is asked to, without limits
          {actsOutside(info.effect) ? '; a person agrees to each call.' : '.'}
        </p>
      ) : (
        <ul className={styles.limits}>
          {grants.map((grant) => (
            <li key={grant.id} className={styles.limit} data-over={isOver(grant) || undefined}>
              <p>
                {limitWords(grant, info.effect, names).join('; ')}.{isOver(grant) && ' It has ended.'}
              </p>
              <Group gap="xs">
                <Button size="compact-xs" variant="default" onClick={() => setEditing(grant)}>
                  Change
                </Button>
                {grants.length > 1 && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    loading={put.isPending}
                    onClick={() => remove(grant)}
                  >
                    Remove
                  </Button>
                )}
              </Group>
            </li>
          ))}
        </ul>
      )}
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" onClick={() => setEditing('new')}>
          {grants.length === 0 ? 'Set limits' : 'Allow another case'}
        </Button>
        {grants.length > 0 && (
          <Button
            size="compact-sm"
            variant="default"
            loading={put.isPending}
            onClick={() => replace([]).catch((error: unknown) => tell('Could not lift the limits', error))}
          >
            Lift all limits
          </Button>
        )}
        <Button size="compact-sm" variant="outline" color="clay" loading={put.isPending} onClick={takeAway}>
          Take the tool away
        </Button>
      </Group>
      <LimitsDialog
        tool={info}
        limits={editing === 'new' ? undefined : editing && asLimits(editing)}
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        onSave={(limits) => replace([...others, limits])}
      />
    </div>
  );
}

const isOver = ({ expiresAt }: ToolGrant): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();

export function ToolInputs({ schema }: { schema: JsonSchema }) {
  const inputs = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  return (
    <div className={styles.part}>
      <h3>What it takes</h3>
      {inputs.length === 0 ? (
        <p className={styles.quiet}>Nothing.</p>
      ) : (
        <dl className={styles.inputs}>
          {inputs.map(([name, one]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>
                {typeWords(one)}
                {!required.has(name) && ', optional'}
                {one.description !== undefined && `: ${one.description}`}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <details className={styles.details}>
        <summary>As JSON Schema</summary>
        <pre className={styles.raw}>{JSON.stringify(schema, undefined, 2)}</pre>
      </details>
    </div>
  );
}
