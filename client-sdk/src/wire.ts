// The wire as types: which operations and events there are, taken from the server's contracts.
// Must never import a contract at run time: the SDK ships without zod.

import type * as activity from '../../src/agents/activity/contract.ts';
import type * as approvals from '../../src/agents/approvals/contract.ts';
import type * as budgets from '../../src/agents/budgets/contract.ts';
import type * as agents from '../../src/agents/contract.ts';
import type * as conversations from '../../src/agents/conversations/contract.ts';
import type * as feedback from '../../src/agents/feedback/contract.ts';
import type * as profiles from '../../src/agents/profiles/contract.ts';
import type * as revisions from '../../src/agents/revisions/contract.ts';
import type * as runtime from '../../src/agents/runtime/contract.ts';
import type * as safety from '../../src/agents/safety/contract.ts';
import type * as training from '../../src/agents/training/contract.ts';
import type { EventDef, OutputOf, WireInputOf } from '../../src/core/contract.ts';
import type * as memory from '../../src/memory/contract.ts';
import type * as about from '../../src/server/about/contract.ts';
import type * as audit from '../../src/server/audit/contract.ts';
import type * as cards from '../../src/server/cards/contract.ts';
import type * as commands from '../../src/server/commands/contract.ts';
import type * as deliveries from '../../src/server/deliveries/contract.ts';
import type * as drafts from '../../src/server/drafts/contract.ts';
import type * as erasure from '../../src/server/erasure/contract.ts';
import type * as exports from '../../src/server/exports/contract.ts';
import type * as identity from '../../src/server/identity/contract.ts';
import type * as invitations from '../../src/server/invitations/contract.ts';
import type * as messages from '../../src/server/messages/contract.ts';
import type * as moderation from '../../src/server/moderation/contract.ts';
import type * as notifications from '../../src/server/notifications/contract.ts';
import type * as pins from '../../src/server/pins/contract.ts';
import type * as presence from '../../src/server/presence/contract.ts';
import type * as reactions from '../../src/server/reactions/contract.ts';
import type * as rooms from '../../src/server/rooms/contract.ts';
import type * as rules from '../../src/server/rules/contract.ts';
import type * as saved from '../../src/server/saved/contract.ts';
import type * as scheduled from '../../src/server/scheduled/contract.ts';
import type * as search from '../../src/server/search/contract.ts';
import type * as settings from '../../src/server/settings/contract.ts';
import type * as threads from '../../src/server/threads/contract.ts';
import type * as unread from '../../src/server/unread/contract.ts';
import type * as uploads from '../../src/server/uploads/contract.ts';
import type * as versions from '../../src/server/versions/contract.ts';
import type * as webhooks from '../../src/server/webhooks/contract.ts';
import type * as tools from '../../src/tools/contract.ts';
import type * as custom from '../../src/tools/custom/contract.ts';
import type * as mcp from '../../src/tools/mcp/contract.ts';
import type * as mcpSignIn from '../../src/tools/mcp/oauth/contract.ts';
import type * as workspace from '../../src/tools/workspace/contract.ts';

export type { Approval } from '../../src/agents/approvals/contract.ts';
export type { AgentStatus } from '../../src/agents/contract.ts';
export type { Conversation } from '../../src/agents/conversations/contract.ts';
export type { Feedback, Suggestion } from '../../src/agents/feedback/contract.ts';
export type { Agent } from '../../src/agents/profiles/contract.ts';
export type { Revision } from '../../src/agents/revisions/contract.ts';
export type { Replay } from '../../src/agents/runtime/contract.ts';
export type { AgentStop } from '../../src/agents/safety/contract.ts';
export type { TrainingDocument } from '../../src/agents/training/contract.ts';
export type { Memory, MemoryConsent, MemoryReceipt } from '../../src/memory/contract.ts';
export type { AuditEntry, AuditVerdict } from '../../src/server/audit/contract.ts';
export type { Card, CardState, ShownCard } from '../../src/server/cards/contract.ts';
export type { Command, CommandOption, CommandReply } from '../../src/server/commands/contract.ts';
export type { Me, User } from '../../src/server/identity/contract.ts';
export type { Invitation, Invite } from '../../src/server/invitations/contract.ts';
export type {
  JoinReply,
  LogEvent,
  Mention,
  Message,
  RunSummary,
} from '../../src/server/messages/contract.ts';
export type { Appeal, HeldMessage, ModerationRecord, Report } from '../../src/server/moderation/contract.ts';
export type {
  Notification,
  NotifyLevel,
  QuietHours,
  RoomNotify,
} from '../../src/server/notifications/contract.ts';
export type { PresenceMeta, PresenceState } from '../../src/server/presence/contract.ts';
export type {
  Capability,
  Member,
  MemberRole,
  MyMembership,
  Room as RoomInfo,
  RoomListItem,
} from '../../src/server/rooms/contract.ts';
export type { ContentRules } from '../../src/server/rules/contract.ts';
export type { SavedMessage } from '../../src/server/saved/contract.ts';
export type { ScheduledItem } from '../../src/server/scheduled/contract.ts';
export type { Found, Highlight } from '../../src/server/search/contract.ts';
export type { RoomSettings } from '../../src/server/settings/contract.ts';
export type { MyThread } from '../../src/server/threads/contract.ts';
export type { Upload } from '../../src/server/uploads/contract.ts';
export type { ToolExecution, ToolInfo } from '../../src/tools/contract.ts';
export type { CustomTool, ToolParameter } from '../../src/tools/custom/contract.ts';
export type { ToolDecision, ToolGrant } from '../../src/tools/grants/contract.ts';
export type { McpServer, McpTool } from '../../src/tools/mcp/contract.ts';
export type { Article, CalendarEvent, RoomFile, Todo } from '../../src/tools/workspace/contract.ts';

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
  update_user: Op<typeof identity.updateUser>;
  remove_user: Op<typeof identity.removeUser>;
  list_connections: Op<typeof identity.listConnections>;
  disconnect_user: Op<typeof identity.disconnectUser>;
  list_keys: Op<typeof identity.listKeys>;
  create_key: Op<typeof identity.createKey>;
  delete_key: Op<typeof identity.deleteKey>;

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
  can: Op<typeof rooms.canDo>;
  get_room_rights: Op<typeof rooms.getRights>;
  set_room_rights: Op<typeof rooms.setRights>;

  create_invite: Op<typeof invitations.createInvite>;
  list_invites: Op<typeof invitations.listInvites>;
  revoke_invite: Op<typeof invitations.revokeInvite>;
  preview_invite: Op<typeof invitations.previewInvite>;
  accept_invite: Op<typeof invitations.acceptInvite>;
  invite_user: Op<typeof invitations.inviteUser>;
  list_invitations: Op<typeof invitations.listInvitations>;
  accept_invitation: Op<typeof invitations.acceptInvitation>;
  decline_invitation: Op<typeof invitations.declineInvitation>;

  mute_member: Op<typeof moderation.muteMember>;
  unmute_member: Op<typeof moderation.unmuteMember>;
  kick_member: Op<typeof moderation.kickMember>;
  ban_member: Op<typeof moderation.banMember>;
  unban_member: Op<typeof moderation.unbanMember>;
  set_slow_mode: Op<typeof moderation.setSlowMode>;
  list_moderation: Op<typeof moderation.listModeration>;
  list_all_moderation: Op<typeof moderation.listAllModeration>;
  report_message: Op<typeof moderation.reportMessage>;
  list_reports: Op<typeof moderation.listReports>;
  resolve_report: Op<typeof moderation.resolveReport>;
  list_held_messages: Op<typeof moderation.listHeld>;
  release_message: Op<typeof moderation.releaseHeld>;
  reject_message: Op<typeof moderation.rejectHeld>;
  list_appeals: Op<typeof moderation.listAppeals>;
  resolve_appeal: Op<typeof moderation.resolveAppeal>;
  get_room_rules: Op<typeof rules.getRules>;
  set_room_rules: Op<typeof rules.setRules>;

  send_message: Op<typeof messages.sendMessage>;
  list_messages: Op<typeof messages.listMessages>;
  get_message: Op<typeof messages.getMessage>;
  edit_message: Op<typeof messages.editMessage>;
  delete_message: Op<typeof messages.deleteMessage>;
  card_action: Op<typeof cards.pressCard>;
  list_commands: Op<typeof commands.listCommands>;
  run_command: Op<typeof commands.runCommand>;
  create_command: Op<typeof commands.createCommand>;
  update_command: Op<typeof commands.updateCommand>;
  delete_command: Op<typeof commands.deleteCommand>;
  add_reaction: Op<typeof reactions.addReaction>;
  remove_reaction: Op<typeof reactions.removeReaction>;
  pin_message: Op<typeof pins.pinMessage>;
  unpin_message: Op<typeof pins.unpinMessage>;
  list_pins: Op<typeof pins.listPins>;
  save_message: Op<typeof saved.saveMessage>;
  unsave_message: Op<typeof saved.unsaveMessage>;
  list_saved: Op<typeof saved.listSaved>;
  mark_unread: Op<typeof saved.markUnread>;
  set_draft: Op<typeof drafts.setDraft>;
  get_draft: Op<typeof drafts.getDraft>;
  list_composer_drafts: Op<typeof drafts.listDrafts>;
  list_notifications: Op<typeof notifications.listNotifications>;
  explain_notifications: Op<typeof notifications.explainNotifications>;
  mark_notifications_read: Op<typeof notifications.readNotifications>;
  mark_notification_unread: Op<typeof notifications.unreadNotification>;
  get_notification_settings: Op<typeof notifications.getNotificationSettings>;
  set_notification_settings: Op<typeof notifications.setNotificationSettings>;
  get_room_notifications: Op<typeof notifications.getRoomNotify>;
  set_room_notifications: Op<typeof notifications.setRoomNotify>;
  schedule_message: Op<typeof scheduled.scheduleMessage>;
  set_reminder: Op<typeof scheduled.setReminder>;
  list_scheduled: Op<typeof scheduled.listScheduled>;
  change_scheduled: Op<typeof scheduled.changeScheduled>;
  cancel_scheduled: Op<typeof scheduled.cancelScheduled>;
  get_thread: Op<typeof threads.getThread>;
  list_threads: Op<typeof threads.listThreads>;
  mark_thread_read: Op<typeof threads.readThread>;
  follow_thread: Op<typeof threads.followThread>;
  list_versions: Op<typeof versions.listVersions>;
  explain_delivery: Op<typeof deliveries.explainDelivery>;
  explain_unread: Op<typeof unread.explainUnread>;
  explain_thread_unread: Op<typeof unread.explainThreadUnread>;
  list_events: Op<typeof messages.listEvents>;
  mark_read: Op<typeof messages.markRead>;
  typing: Op<typeof messages.setTyping>;

  create_upload: Op<typeof uploads.createUpload>;
  get_upload: Op<typeof uploads.getUpload>;
  link_upload: Op<typeof uploads.linkUpload>;
  delete_upload: Op<typeof uploads.deleteUpload>;

  create_webhook: Op<typeof webhooks.createWebhook>;
  list_webhooks: Op<typeof webhooks.listWebhooks>;
  update_webhook: Op<typeof webhooks.updateWebhook>;
  rotate_webhook_secret: Op<typeof webhooks.rotateWebhookSecret>;
  delete_webhook: Op<typeof webhooks.deleteWebhook>;
  list_webhook_deliveries: Op<typeof webhooks.listDeliveries>;
  replay_webhook_delivery: Op<typeof webhooks.replayDelivery>;
  create_incoming_webhook: Op<typeof webhooks.createIncoming>;
  list_incoming_webhooks: Op<typeof webhooks.listIncoming>;
  revoke_incoming_webhook: Op<typeof webhooks.revokeIncoming>;

  create_export: Op<typeof exports.createExport>;
  get_export: Op<typeof exports.getExport>;
  erase_person: Op<typeof erasure.erasePerson>;
  get_erasure: Op<typeof erasure.getErasure>;

  search_messages: Op<typeof search.searchMessages>;
  get_room_settings: Op<typeof settings.getRoomSettings>;
  update_room_settings: Op<typeof settings.updateRoomSettings>;

  invoke_agent: Op<typeof agents.invokeAgent>;
  agent_command: Op<typeof agents.commandAgent>;
  list_turns: Op<typeof runtime.listTurns>;
  get_room_agent_settings: Op<typeof runtime.getRoomAgentSettings>;
  update_room_agent_settings: Op<typeof runtime.updateRoomAgentSettings>;
  list_runs: Op<typeof runtime.listRuns>;
  get_run: Op<typeof runtime.getRun>;
  replay_run: Op<typeof runtime.replayRun>;
  resolve_run: Op<typeof runtime.resolveRun>;

  list_agents: Op<typeof profiles.listAgents>;
  create_agent: Op<typeof profiles.createAgent>;
  get_agent: Op<typeof profiles.getAgent>;
  update_agent: Op<typeof profiles.updateAgent>;
  activate_agent: Op<typeof profiles.activateAgent>;
  clone_agent: Op<typeof profiles.cloneAgent>;
  delete_agent: Op<typeof profiles.deleteAgent>;

  list_revisions: Op<typeof revisions.listRevisions>;
  rollback_agent: Op<typeof revisions.rollbackAgent>;

  agent_chat: Op<typeof conversations.chat>;
  list_conversations: Op<typeof conversations.listConversations>;
  get_agent_metrics: Op<typeof activity.getAgentMetrics>;

  agent_feedback: Op<typeof feedback.agentFeedback>;
  list_agent_feedback: Op<typeof feedback.listFeedback>;
  list_suggestions: Op<typeof feedback.listSuggestions>;
  decide_suggestion: Op<typeof feedback.decideSuggestion>;

  train_agent: Op<typeof training.train>;
  list_training: Op<typeof training.listTraining>;
  delete_training: Op<typeof training.deleteTraining>;

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
  list_agent_moderation: Op<typeof safety.listAgentModeration>;
  get_agent_safety_state: Op<typeof safety.getSafetyState>;
  appeal_agent_moderation: Op<typeof safety.appealModeration>;

  list_memories: Op<typeof memory.listMemories>;
  search_memories: Op<typeof memory.searchMemories>;
  explain_recall: Op<typeof memory.explainRecall>;
  list_quarantined_memories: Op<typeof memory.listQuarantined>;
  confirm_memory: Op<typeof memory.confirmMemory>;
  what_you_know: Op<typeof memory.aboutMe>;
  forget_me: Op<typeof memory.forgetMe>;
  correct_memory: Op<typeof memory.correctMemory>;
  get_memory_consent: Op<typeof memory.getConsent>;
  set_memory_consent: Op<typeof memory.setConsent>;
  list_memory_receipts: Op<typeof memory.listReceipts>;
  update_memory: Op<typeof memory.updateMemory>;
  delete_memory: Op<typeof memory.deleteMemory>;

  list_tools: Op<typeof tools.listTools>;
  list_agent_tools: Op<typeof tools.listAgentTools>;
  put_agent_tools: Op<typeof tools.putAgentTools>;
  invoke_tool: Op<typeof tools.invokeTool>;
  list_tool_executions: Op<typeof tools.listExecutions>;

  list_todos: Op<typeof workspace.listTodos>;
  create_todo: Op<typeof workspace.createTodo>;
  update_todo: Op<typeof workspace.updateTodo>;
  delete_todo: Op<typeof workspace.deleteTodo>;
  list_calendar: Op<typeof workspace.listCalendar>;
  create_calendar_event: Op<typeof workspace.createCalendarEvent>;
  delete_calendar_event: Op<typeof workspace.deleteCalendarEvent>;
  list_files: Op<typeof workspace.listFiles>;
  get_file: Op<typeof workspace.readFile>;
  delete_file: Op<typeof workspace.deleteFile>;
  list_knowledge: Op<typeof workspace.listKnowledge>;
  add_knowledge: Op<typeof workspace.addKnowledge>;
  delete_knowledge: Op<typeof workspace.deleteKnowledge>;

  get_server: Op<typeof about.getServer>;
  list_audit: Op<typeof audit.listAudit>;
  verify_audit: Op<typeof audit.verifyAudit>;
}
export type OperationName = keyof Operations;
export type InputOf<N extends OperationName> = Operations[N]['input'];
export type ReplyOf<N extends OperationName> = Operations[N]['output'];

/** Method and path → input and output of operations that only REST has: `client.request` reaches them. */
export interface RestOperations {
  'DELETE /api/session': Op<typeof identity.deleteSession>;

  'GET /api/tools/custom': Op<typeof custom.listCustomTools>;
  'POST /api/tools/custom': Op<typeof custom.createCustomTool>;
  'GET /api/tools/custom/:toolId': Op<typeof custom.getCustomTool>;
  'PUT /api/tools/custom/:toolId': Op<typeof custom.updateCustomTool>;
  'DELETE /api/tools/custom/:toolId': Op<typeof custom.deleteCustomTool>;

  'GET /api/mcp/servers': Op<typeof mcp.listMcpServers>;
  'POST /api/mcp/servers': Op<typeof mcp.createMcpServer>;
  'PATCH /api/mcp/servers/:serverId': Op<typeof mcp.updateMcpServer>;
  'DELETE /api/mcp/servers/:serverId': Op<typeof mcp.deleteMcpServer>;
  'POST /api/mcp/servers/:serverId/refresh': Op<typeof mcp.refreshMcpServer>;
  'GET /api/mcp/servers/:serverId/tools': Op<typeof mcp.listMcpTools>;
  'PUT /api/mcp/servers/:serverId/tools': Op<typeof mcp.approveMcpTools>;
  'GET /api/mcp/servers/:serverId/oauth': Op<typeof mcpSignIn.getMcpAuthorization>;
  'POST /api/mcp/servers/:serverId/oauth': Op<typeof mcpSignIn.authorizeMcpServer>;
  'DELETE /api/mcp/servers/:serverId/oauth': Op<typeof mcpSignIn.disconnectMcpServer>;
}
export type RestName = keyof RestOperations;
export type RestInputOf<N extends RestName> = RestOperations[N]['input'];
export type RestReplyOf<N extends RestName> = RestOperations[N]['output'];

/** Event name → payload, exactly as it came over the wire. */
export interface Events {
  new_message: PayloadOf<typeof messages.newMessage>;
  agent_message: PayloadOf<typeof messages.agentMessage>;
  message_updated: PayloadOf<typeof messages.messageUpdated>;
  message_deleted: PayloadOf<typeof messages.messageDeleted>;
  reaction_added: PayloadOf<typeof reactions.reactionAdded>;
  reaction_removed: PayloadOf<typeof reactions.reactionRemoved>;
  message_pinned: PayloadOf<typeof pins.messagePinned>;
  message_unpinned: PayloadOf<typeof pins.messageUnpinned>;
  notification: PayloadOf<typeof notifications.notificationEvent>;
  notifications_changed: PayloadOf<typeof notifications.notificationsChanged>;
  scheduled_changed: PayloadOf<typeof scheduled.scheduledChanged>;
  saved_changed: PayloadOf<typeof saved.savedChanged>;
  room_unread: PayloadOf<typeof saved.roomUnread>;
  draft_changed: PayloadOf<typeof drafts.draftChanged>;
  thread_changed: PayloadOf<typeof threads.threadChanged>;
  command_reply: PayloadOf<typeof commands.commandReply>;
  commands_changed: PayloadOf<typeof commands.commandsChanged>;
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
  task_list_updated: PayloadOf<typeof workspace.taskListUpdated>;
  calendar_updated: PayloadOf<typeof workspace.calendarUpdated>;
  file_updated: PayloadOf<typeof workspace.fileUpdated>;
  task_assigned: PayloadOf<typeof workspace.taskAssigned>;
  approval_requested: PayloadOf<typeof approvals.approvalRequested>;
  approval_decided: PayloadOf<typeof approvals.approvalDecided>;
}
export type EventName = keyof Events;
