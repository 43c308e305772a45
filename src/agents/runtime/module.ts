// What agents at work offer: commands, runs, turns, signals, and the job that wakes a worker.
import type { AnyJobDef } from '../../core/jobs.ts';
import { handle, type Module } from '../../core/module.ts';
import { agentEvents, commandAgent, invokeAgent } from '../contract.ts';
import type { Attention } from './attention.ts';
import * as c from './contract.ts';
import type { FloorSettings } from './floor-settings.ts';
import type { ReplayReports } from './replay-reports.ts';
import type { ReplayService } from './replay-run.ts';
import type { RuntimeService } from './service.ts';

export const runtimeModule = (
  runtime: RuntimeService,
  attention: Attention,
  replays: ReplayService,
  settings: FloorSettings,
  reports: ReplayReports,
  jobs: AnyJobDef[],
): Module => ({
  name: 'agents.runtime',
  operations: [
    handle(invokeAgent, (scope, input) => runtime.invoke(scope, input)),
    handle(commandAgent, (scope, input) => runtime.command(scope, input)),
    handle(c.listRuns, (scope, input) => runtime.list(scope, input)),
    handle(c.getRun, (scope, input) => runtime.get(scope, input)),
    handle(c.replayRun, (scope, input) => replays.replay(scope, input)),
    handle(c.createReplay, (scope, input) => reports.create(scope, input)),
    handle(c.listReplays, (scope, input) => reports.list(scope, input)),
    handle(c.getReplay, (scope, input) => reports.get(scope, input)),
    handle(c.deleteReplay, (scope, input) => reports.remove(scope, input)),
    handle(c.resolveRun, (scope, input) => attention.resolve(scope, input)),
    handle(c.getRoomAgentSettings, (scope, { roomId }) => settings.get(scope, roomId)),
    handle(c.updateRoomAgentSettings, (scope, input) => settings.update(scope, input)),
    handle(c.listTurns, (scope, input) => runtime.turns(scope, input)),
  ],
  events: [...agentEvents, c.runNeedsAttention],
  jobs: [...jobs, reports.job],
});
