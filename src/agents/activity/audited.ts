// What agents did and what was done about them, as notes for the audit. Arguments and results of tools are not among them:
// those are in the executions, redacted.
import { type AuditNote, note } from '../../core/audit-note.ts';
import type { Tx } from '../../core/db/database.ts';
import type { Events } from '../../core/events.ts';
import type { RunTool, Tool, ToolContext, ToolRegistry } from '../../tools/service.ts';
import type { StopChanged } from '../safety/service.ts';

/** Notes stops, inside the transactions that say them. */
export function auditStops(events: Events): void {
  const on = (name: string, action: string) =>
    events.on<StopChanged>(name, (tx, said) =>
      note(
        events,
        tx,
        ...said.map(
          ({ tenantId, stop, by }): AuditNote => ({
            tenantId,
            action,
            actorId: by,
            subject: { type: 'agent_stop', id: stop.id },
            ...(stop.target === 'agent' ? { agentId: stop.targetId } : {}),
            ...(stop.target === 'room' ? { roomId: stop.targetId } : {}),
            details: { target: stop.target, targetId: stop.targetId, stoppedRuns: stop.stoppedRuns },
          }),
        ),
      ),
    );
  on('agents.stopped', 'agent_stop.set');
  on('agents.stop_lifted', 'agent_stop.lifted');
}

/** The same, but each call of a tool with an effect is noted: with its record when it is over, and before it leaves the server. */
export function auditTools(deps: {
  events: Events;
  runTool: RunTool;
  find: ToolRegistry['resolve'];
}): RunTool {
  const { events } = deps;
  return async (run) => {
    const { call, context } = run;
    const tool = await deps.find(context, call.name);
    if (tool === undefined || !hasEffect(tool)) return deps.runTool(run);
    const said = (tx: Tx, action: string, status?: string) =>
      note(events, tx, {
        ...noteOf(context, tool, call.executionId, status),
        action,
        ...(run.byHand === true ? { actorId: context.asker.userId, via: undefined } : {}),
      });
    const outcome = await deps.runTool({
      ...run,
      commit: (fn) =>
        run.commit(async (tx) => {
          if (tool.effect !== 'write_internal') await said(tx, 'tool.begun');
          return fn(tx);
        }),
    });
    return {
      ...outcome,
      async record(tx) {
        await outcome.record(tx);
        await said(tx, 'tool.called', outcome.unknown ? 'unknown' : outcome.isError ? 'error' : 'success');
      },
    };
  };
}

const hasEffect = ({ effect }: Tool): boolean => effect !== 'pure' && effect !== 'read';

const noteOf = (
  { tenantId, agentId, runId, roomId, asker }: ToolContext,
  tool: Tool,
  executionId: string,
  status: string | undefined,
): Omit<AuditNote, 'action'> => ({
  tenantId,
  actorId: agentId,
  via: 'agent',
  subject: { type: 'tool_execution', id: executionId },
  agentId,
  roomId,
  details: { tool: tool.name, effect: tool.effect, runId, askerId: asker.userId, status },
});
