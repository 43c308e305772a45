// Every module's tables in one interface, so that Kysely can join them. Types only.
import type { ApprovalsTables } from '../../agents/approvals/tables.ts';
import type { BudgetsTables } from '../../agents/budgets/tables.ts';
import type { ConversationsTables } from '../../agents/conversations/tables.ts';
import type { FeedbackTables } from '../../agents/feedback/tables.ts';
import type { HealthTables } from '../../agents/health/tables.ts';
import type { ProactiveTables } from '../../agents/proactive/tables.ts';
import type { ProfilesTables } from '../../agents/profiles/tables.ts';
import type { RevisionsTables } from '../../agents/revisions/tables.ts';
import type { RuntimeTables } from '../../agents/runtime/tables.ts';
import type { SafetyTables } from '../../agents/safety/tables.ts';
import type { TrainingTables } from '../../agents/training/tables.ts';
import type { MemoryTables } from '../../memory/tables.ts';
import type { AuditTables } from '../../server/audit/tables.ts';
import type { CardsTables } from '../../server/cards/tables.ts';
import type { CommandsTables } from '../../server/commands/tables.ts';
import type { ErasureTables } from '../../server/erasure/tables.ts';
import type { ExportsTables } from '../../server/exports/tables.ts';
import type { IdentityTables } from '../../server/identity/tables.ts';
import type { InvitationsTables } from '../../server/invitations/tables.ts';
import type { MessagesTables } from '../../server/messages/tables.ts';
import type { ModerationTables } from '../../server/moderation/tables.ts';
import type { NotificationsTables } from '../../server/notifications/tables.ts';
import type { PreviewsTables } from '../../server/previews/tables.ts';
import type { ReactionsTables } from '../../server/reactions/tables.ts';
import type { RoomsTables } from '../../server/rooms/tables.ts';
import type { RulesTables } from '../../server/rules/tables.ts';
import type { SavedTables } from '../../server/saved/tables.ts';
import type { ScheduledTables } from '../../server/scheduled/tables.ts';
import type { SearchTables } from '../../server/search/tables.ts';
import type { SettingsTables } from '../../server/settings/tables.ts';
import type { ThreadsTables } from '../../server/threads/tables.ts';
import type { UploadsTables } from '../../server/uploads/tables.ts';
import type { VersionsTables } from '../../server/versions/tables.ts';
import type { WebhooksTables } from '../../server/webhooks/tables.ts';
import type { McpTables } from '../../tools/mcp/tables.ts';
import type { ToolsTables } from '../../tools/tables.ts';

export interface Tables
  extends IdentityTables,
    AuditTables,
    RoomsTables,
    MessagesTables,
    SearchTables,
    SettingsTables,
    ErasureTables,
    ExportsTables,
    WebhooksTables,
    CardsTables,
    CommandsTables,
    PreviewsTables,
    UploadsTables,
    ReactionsTables,
    VersionsTables,
    SavedTables,
    ModerationTables,
    RulesTables,
    InvitationsTables,
    NotificationsTables,
    ScheduledTables,
    ThreadsTables,
    BudgetsTables,
    ConversationsTables,
    ProfilesTables,
    ProactiveTables,
    FeedbackTables,
    TrainingTables,
    HealthTables,
    RevisionsTables,
    RuntimeTables,
    ApprovalsTables,
    SafetyTables,
    MemoryTables,
    ToolsTables,
    McpTables {}
