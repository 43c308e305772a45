// The wire as types: which operations and events there are, taken from the server's contracts.
// Must never import a contract at run time: the SDK ships without zod.
import type * as approvals from '../../src/agents/approvals/contract.ts';
import type * as budgets from '../../src/agents/budgets/contract.ts';
import type * as agents from '../../src/agents/contract.ts';
import type * as profiles from '../../src/agents/profiles/contract.ts';
import type * as revisions from '../../src/agents/revisions/contract.ts';
import type * as runtime from '../../src/agents/runtime/contract.ts';
import type * as safety from '../../src/agents/safety/contract.ts';
import type { EventDef, OutputOf, WireInputOf } from '../../src/core/contract.ts';
import type * as memory from '../../src/memory/contract.ts';
import type * as identity from '../../src/server/identity/contract.ts';
import type * as messages from '../../src/server/messages/contract.ts';
import type * as presence from '../../src/server/presence/contract.ts';
import type * as reactions from '../../src/server/reactions/contract.ts';
import type * as rooms from '../../src/server/rooms/contract.ts';
import type * as search from '../../src/server/search/contract.ts';
import type * as settings from '../../src/server/settings/contract.ts';
import type * as tools from '../../src/tools/contract.ts';

export type { Approval } from '../../src/agents/approvals/contract.ts';
export type { AgentStatus } from '../../src/agents/contract.ts';
export type { Agent } from '../../src/agents/profiles/contract.ts';
export type { Revision } from '../../src/agents/revisions/contract.ts';
export type { AgentStop } from '../../src/agents/safety/contract.ts';
export type { Memory } from '../../src/memory/contract.ts';
export type { Me, User } from '../../src/server/identity/contract.ts';
export type {
  JoinReply,
  LogEvent,
  Mention,
  Message,
  RunSummary,
} from '../../src/server/messages/contract.ts';
export type { PresenceMeta, PresenceState } from '../../src/server/presence/contract.ts';
export type {
  Member,
  MemberRole,
  MyMembership,
  Room as RoomInfo,
  RoomListItem,
} from '../../src/server/rooms/contract.ts';

export type { Found, Highlight } from '../../src/server/search/contract.ts';
export type { RoomSettings } from '../../src/server/settings/contract.ts';

export type AgentPersonality = profiles.Agent['personality'];

interface Op<D> {
  input: WireInputOf<D>;
  output: OutputOf<D>;
}
type PayloadOf<D> = D extends EventDef<infer P> ? P['_zod']['output'] : never;

/** Socket name → input and output of every operation that `client.call` can reach. */
export interface Operations {
  get_me: Op<typeof identity.getMe>;
  update_me: Op<typeof identity.updateMe>;
  list_users: Op<typeof identity.listUsers>;
  get_user: Op<typeof identity.getUser>;

  list_rooms: Op<typeof rooms.listRooms>;
  create_room: Op<typeof rooms.createRoom>;
  open_direct_room: Op<typeof rooms.openDirectRoom>;
  get_room: Op<typeof rooms.getRoom>;
  update_room: Op<typeof rooms.updateRoom>;
  delete_room: Op<typeof rooms.deleteRoom>;
  quit_room: Op<typeof rooms.leaveRoom>;
  list_members: Op<typeof rooms.listMembers>;
  add_member: Op<typeof rooms.addMember>;
  update_member: Op<typeof rooms.updateMember>;
  remove_member: Op<typeof rooms.removeMember>;

  send_message: Op<typeof messages.sendMessage>;
  list_messages: Op<typeof messages.listMessages>;
  get_message: Op<typeof messages.getMessage>;
  edit_message: Op<typeof messages.editMessage>;
  delete_message: Op<typeof messages.deleteMessage>;
  add_reaction: Op<typeof reactions.addReaction>;
  remove_reaction: Op<typeof reactions.removeReaction>;
  list_events: Op<typeof messages.listEvents>;
  mark_read: Op<typeof messages.markRead>;
  typing: Op<typeof messages.setTyping>;

  search_messages: Op<typeof search.searchMessages>;
  get_room_settings: Op<typeof settings.getRoomSettings>;
  update_room_settings: Op<typeof settings.updateRoomSettings>;

  invoke_agent: Op<typeof agents.invokeAgent>;
  agent_command: Op<typeof agents.commandAgent>;
  list_turns: Op<typeof runtime.listTurns>;
  list_runs: Op<typeof runtime.listRuns>;
  get_run: Op<typeof runtime.getRun>;

  list_agents: Op<typeof profiles.listAgents>;
  create_agent: Op<typeof profiles.createAgent>;
  get_agent: Op<typeof profiles.getAgent>;
  update_agent: Op<typeof profiles.updateAgent>;
  activate_agent: Op<typeof profiles.activateAgent>;
  delete_agent: Op<typeof profiles.deleteAgent>;

  list_revisions: Op<typeof revisions.listRevisions>;
  rollback_agent: Op<typeof revisions.rollbackAgent>;

  get_budget: Op<typeof budgets.getBudget>;
  set_budget: Op<typeof budgets.setBudget>;
  get_usage: Op<typeof budgets.getUsage>;

  list_approvals: Op<typeof approvals.listApprovals>;
  get_approval: Op<typeof approvals.getApproval>;
  decide_approval: Op<typeof approvals.decideApproval>;
  list_standing_approvals: Op<typeof approvals.listStanding>;
  revoke_standing_approval: Op<typeof approvals.revokeStanding>;

  set_agent_stop: Op<typeof safety.setStop>;
  lift_agent_stop: Op<typeof safety.liftStop>;
  list_agent_stops: Op<typeof safety.listStops>;

  list_memories: Op<typeof memory.listMemories>;
  search_memories: Op<typeof memory.searchMemories>;
  update_memory: Op<typeof memory.updateMemory>;
  delete_memory: Op<typeof memory.deleteMemory>;

  list_tools: Op<typeof tools.listTools>;
  list_tool_executions: Op<typeof tools.listExecutions>;
}
export type OperationName = keyof Operations;
export type InputOf<N extends OperationName> = Operations[N]['input'];
export type ReplyOf<N extends OperationName> = Operations[N]['output'];

/** Event name → payload, exactly as it came over the wire. */
export interface Events {
  new_message: PayloadOf<typeof messages.newMessage>;
  agent_message: PayloadOf<typeof messages.agentMessage>;
  message_updated: PayloadOf<typeof messages.messageUpdated>;
  message_deleted: PayloadOf<typeof messages.messageDeleted>;
  reaction_added: PayloadOf<typeof reactions.reactionAdded>;
  reaction_removed: PayloadOf<typeof reactions.reactionRemoved>;
  typing: PayloadOf<typeof messages.typingEvent>;
  read: PayloadOf<typeof messages.readEvent>;
  member_joined: PayloadOf<typeof rooms.memberJoined>;
  member_left: PayloadOf<typeof rooms.memberLeft>;
  member_updated: PayloadOf<typeof rooms.memberUpdated>;
  room_updated: PayloadOf<typeof rooms.roomUpdated>;
  room_added: PayloadOf<typeof rooms.roomAdded>;
  room_removed: PayloadOf<typeof rooms.roomRemoved>;
  room_changed: PayloadOf<typeof rooms.roomChanged>;
  presence_state: PayloadOf<typeof presence.presenceState>;
  presence_diff: PayloadOf<typeof presence.presenceDiff>;
  agent_thinking: PayloadOf<typeof agents.agentThinking>;
  agent_message_delta: PayloadOf<typeof agents.agentMessageDelta>;
  agent_action: PayloadOf<typeof agents.agentAction>;
  tool_execution: PayloadOf<typeof agents.toolExecution>;
  approval_requested: PayloadOf<typeof approvals.approvalRequested>;
  approval_decided: PayloadOf<typeof approvals.approvalDecided>;
}
export type EventName = keyof Events;
