// How a room is set: what it is about, reactions, agents, how long messages are kept. The server says what one may change.
import { NumberInput, Select, Switch, TextInput } from '@mantine/core';
import type { ReplyOf, RoomInfo } from '@parley/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAnnounce } from '../parts/announcer.tsx';
import { DialogForm } from '../parts/dialog-form.tsx';
import { stateOf } from '../parts/query-state.tsx';
import { useClient, usePart } from '../session/use-client.ts';
import type { RoomDialogProps } from './room-menu.tsx';

type Kept = ReplyOf<'get_room_settings'>;
type Agents = ReplyOf<'get_room_agent_settings'>;

export function SettingsGeneral(props: RoomDialogProps) {
  const client = useClient();
  const roomId = props.room.key;
  const info = usePart(props.room, (snapshot) => snapshot.room);
  const query = useQuery({
    queryKey: ['room-settings', roomId],
    staleTime: 0,
    queryFn: async ({ signal }) => {
      const [kept, agents] = await Promise.all([
        client.call('get_room_settings', { roomId }, { signal }),
        client.call('get_room_agent_settings', { roomId }, { signal }),
      ]);
      return { kept, agents };
    },
  });
  const state = stateOf({ query, what: 'settings' });
  if (state !== undefined || query.data === undefined || info === undefined) return state;
  return <Form {...props} info={info} kept={query.data.kept} agents={query.data.agents} />;
}

interface FormProps extends RoomDialogProps {
  info: RoomInfo;
  kept: Kept;
  agents: Agents;
}

const REACTIONS = [
  { value: 'any', label: 'As many as one likes' },
  { value: 'one', label: 'One for each person and message' },
  { value: 'off', label: 'None' },
];
const ANSWERS = [
  { value: 'off', label: 'Never, not even when mentioned' },
  { value: 'mention', label: 'When they are mentioned' },
  { value: 'helpful', label: 'Also where they can help' },
  { value: 'lively', label: 'Freely' },
];
const FIRST = [
  { value: 'never', label: 'Never' },
  { value: 'by_invitation', label: 'Those an owner or admin brought' },
  { value: 'always', label: 'All of them' },
];

function Form({ room, info, kept, agents, onClose }: FormProps) {
  const client = useClient();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const role = usePart(room, (snapshot) => snapshot.me?.role);
  const [name, setName] = useState(info.name);
  const [topic, setTopic] = useState(info.topic ?? '');
  const [visibility, setVisibility] = useState(info.visibility);
  const [reactionMode, setReactionMode] = useState(info.reactionMode ?? 'any');
  const [agentsAllowed, setAgentsAllowed] = useState(info.agentsAllowed);
  const [agentsProactive, setAgentsProactive] = useState(info.agentsProactive);
  const [responseMode, setResponseMode] = useState(agents.responseMode);
  const [linkPreviews, setLinkPreviews] = useState(kept.linkPreviews);
  const [retention, setRetention] = useState<number | ''>(kept.retentionDays ?? '');
  const direct = info.kind === 'direct';
  const roomId = room.key;

  /** Only what was changed is sent: another admin may have changed the rest meanwhile. */
  async function save() {
    const changed = <T extends object>(wanted: T, was: object): Partial<T> =>
      Object.fromEntries(
        Object.entries(wanted).filter(([key, value]) => value !== (was as Record<string, unknown>)[key]),
      ) as Partial<T>;
    const before = { ...info, topic: info.topic ?? null, reactionMode: info.reactionMode ?? 'any' };
    const all = {
      name: name.trim(),
      topic: topic.trim() === '' ? null : topic.trim(),
      visibility,
      reactionMode,
      agentsAllowed,
      agentsProactive,
    };
    const ofRoom: Partial<typeof all> = changed(direct ? { agentsProactive } : all, before);
    const ofKeeping = changed(
      { linkPreviews, retentionDays: retention === '' ? null : retention },
      { ...kept },
    );
    const ofAgents = changed({ responseMode }, agents);
    if (Object.keys(ofRoom).length > 0) await client.call('update_room', { roomId, ...ofRoom });
    if (Object.keys(ofAgents).length > 0)
      await client.call('update_room_agent_settings', { roomId, ...ofAgents });
    if (Object.keys(ofKeeping).length > 0)
      await client.call('update_room_settings', { roomId, ...ofKeeping });
    void queries.invalidateQueries({ queryKey: ['room-settings', roomId] });
    announce('The room was changed');
  }

  const select = { allowDeselect: false } as const;
  return (
    <DialogForm label="Save" disabled={!direct && name.trim() === ''} onSubmit={save} onClose={onClose}>
      {!direct && (
        <>
          <TextInput
            label="Name"
            value={name}
            maxLength={80}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Topic"
            value={topic}
            maxLength={500}
            onChange={(event) => setTopic(event.currentTarget.value)}
          />
          <Select
            {...select}
            label="Who can find it"
            data={[
              { value: 'public', label: 'Everyone on this server' },
              { value: 'private', label: 'Only people who are added' },
            ]}
            value={visibility}
            onChange={(value) => value !== null && setVisibility(value as typeof visibility)}
          />
          <Select
            {...select}
            label="Reactions"
            data={REACTIONS}
            value={reactionMode}
            onChange={(value) => value !== null && setReactionMode(value as typeof reactionMode)}
          />
          <Switch
            label="Agents may join"
            checked={agentsAllowed}
            onChange={(event) => setAgentsAllowed(event.currentTarget.checked)}
          />
          <Select
            {...select}
            label="When agents answer"
            data={ANSWERS}
            value={responseMode}
            onChange={(value) => value !== null && setResponseMode(value as typeof responseMode)}
          />
        </>
      )}
      <Select
        {...select}
        label="Agents that may speak first"
        data={FIRST}
        value={agentsProactive}
        onChange={(value) => value !== null && setAgentsProactive(value as typeof agentsProactive)}
      />
      {!direct && (
        <>
          <Switch
            label="Show what linked pages are about"
            checked={linkPreviews}
            onChange={(event) => setLinkPreviews(event.currentTarget.checked)}
          />
          <NumberInput
            label="Days after which messages are deleted"
            description={
              role === 'owner' ? 'Left empty, they are kept' : 'Only the owner of the room changes this'
            }
            disabled={role !== 'owner'}
            value={retention}
            min={1}
            max={3650}
            allowDecimal={false}
            onChange={(value) => setRetention(typeof value === 'number' ? value : '')}
          />
        </>
      )}
    </DialogForm>
  );
}
