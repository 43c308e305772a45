// Composes everything about agents from the server's parts, so that app.ts only spreads the modules.
// Must never reach a transport: what rooms hear goes through the message log.

import { createAddressPolicy } from '../core/addresses.ts';
import type { Bus } from '../core/bus.ts';
import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Database } from '../core/db/database.ts';
import type { Events } from '../core/events.ts';
import type { Failpoints } from '../core/failpoints.ts';
import { random } from '../core/ids.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Module } from '../core/module.ts';
import type { Scope } from '../core/scope.ts';
import { createTextSealer } from '../core/sealed-text.ts';
import type { Tracer } from '../core/tracing.ts';
import type { Embedder } from '../memory/embed.ts';
import { createLocalEmbedder } from '../memory/embed-local.ts';
import { memoryModule } from '../memory/module.ts';
import { createMemoryService, type MemoryService } from '../memory/service.ts';
import type { IdentityService } from '../server/identity/service.ts';
import type { MessageLog, MessagesService } from '../server/messages/service.ts';
import type { AppealsService } from '../server/moderation/service.ts';
import type { RoomsService } from '../server/rooms/service.ts';
import { calculatorTool } from '../tools/builtin/calculator.ts';
import { sendCardTool } from '../tools/builtin/card-tools.ts';
import { createChatTools } from '../tools/builtin/chat-tools.ts';
import { clockTool } from '../tools/builtin/clock.ts';
import { createGoalTools } from '../tools/builtin/goal-tools.ts';
import { keySentences } from '../tools/builtin/key-sentences.ts';
import { createKnowledgeTools } from '../tools/builtin/knowledge-tools.ts';
import { createMemoryTools } from '../tools/builtin/memory-tools.ts';
import { createPeopleTools } from '../tools/builtin/people-tools.ts';
import { createServiceClient } from '../tools/builtin/service-client.ts';
import { createServiceTools, serviceUrls } from '../tools/builtin/service-tools.ts';
import { createWorkspaceTools } from '../tools/builtin/workspace-tools.ts';
import { createFindTools } from '../tools/catalogue.ts';
import { customToolsModule } from '../tools/custom/module.ts';
import { createCustomTools } from '../tools/custom/service.ts';
import { createGrants } from '../tools/grants/service.ts';
import { createGuardedFetch } from '../tools/http-guard.ts';
import { connectMcp, isBroken } from '../tools/mcp/connection.ts';
import { createMcpConnections } from '../tools/mcp/connections.ts';
import { mcpModule } from '../tools/mcp/module.ts';
import { createFlow } from '../tools/mcp/oauth/flow.ts';
import { CLIENT_DOCUMENT_PATH, mcpOauthModule } from '../tools/mcp/oauth/module.ts';
import { createMcpService } from '../tools/mcp/service.ts';
import { toolsModule } from '../tools/module.ts';
import { createOperate } from '../tools/operate.ts';
import { createToolRegistry } from '../tools/registry.ts';
import { createResultCache } from '../tools/result-cache.ts';
import { createRunTool } from '../tools/run-tool.ts';
import { createSandbox } from '../tools/sandbox.ts';
import { createToolsService, type Tool } from '../tools/service.ts';
import { createKnowledge } from '../tools/workspace/knowledge.ts';
import { workspaceModule } from '../tools/workspace/module.ts';
import { createWorkspace } from '../tools/workspace/service.ts';
import { auditStops, auditTools } from './activity/audited.ts';
import { activityModule } from './activity/module.ts';
import { createActivityService } from './activity/service.ts';
import { chatAttributes, watchTools } from './activity/telemetry.ts';
import { approvalsModule } from './approvals/module.ts';
import { createApprovalGate, createApprovalsService, ruleOnCall } from './approvals/service.ts';
import { createLedger } from './budgets/ledger.ts';
import { budgetsModule } from './budgets/module.ts';
import { createBudgetsService } from './budgets/service.ts';
import { conversationsModule } from './conversations/module.ts';
import { createConversations } from './conversations/service.ts';
import { feedbackModule } from './feedback/module.ts';
import { createFeedback } from './feedback/service.ts';
import { healthModule } from './health/module.ts';
import { createHealthService } from './health/service.ts';
import { invitationsModule } from './invitations/module.ts';
import { createInvitationsService } from './invitations/service.ts';
import type { Attempts, Llm } from './llm/llm.ts';
import { createToolModel } from './llm/tool-model.ts';
import { wrapLlm } from './llm/wrap.ts';
import { ProactiveSettings } from './proactive/contract.ts';
import { proactiveModule } from './proactive/module.ts';
import { createOpenings } from './proactive/openings.ts';
import { inQuietHours } from './proactive/rules.ts';
import { createScan } from './proactive/scan.ts';
import { createProactive } from './proactive/service.ts';
import { profilesModule } from './profiles/module.ts';
import { createProfilesService } from './profiles/service.ts';
import { openModeration, openRouter } from './providers.ts';
import { revisionsModule } from './revisions/module.ts';
import { createRevisionsService } from './revisions/service.ts';
import { type Asks, createAsks } from './runtime/asks.ts';
import { createAttention } from './runtime/attention.ts';
import { createContext } from './runtime/context.ts';
import { createAgentErasure } from './runtime/erasure.ts';
import { createFloorBook } from './runtime/floor-book.ts';
import { createBursts } from './runtime/floor-bursts.ts';
import { MAX_CHAIN } from './runtime/floor-limits.ts';
import { endWait } from './runtime/floor-repository.ts';
import { createFloorSettings } from './runtime/floor-settings.ts';
import { createTyping } from './runtime/floor-typing.ts';
import { enqueueRuns } from './runtime/lanes.ts';
import { createLoop } from './runtime/loop.ts';
import { runtimeModule } from './runtime/module.ts';
import { createPartialJob, createPublishPartial, createResting } from './runtime/partials.ts';
import { replayAnew } from './runtime/replay-anew.ts';
import { createReplayReports } from './runtime/replay-reports.ts';
import { createReplayService } from './runtime/replay-run.ts';
import { createRuntimeService } from './runtime/service.ts';
import { type AgentPresence, createSignals } from './runtime/signals.ts';
import { watchMessages } from './runtime/triggers.ts';
import { createRunWorker } from './runtime/worker.ts';
import { createSafetyHistory } from './safety/history.ts';
import { safetyModule } from './safety/module.ts';
import { createSafetyService, Halted, type SafetyService } from './safety/service.ts';
import { trainingModule } from './training/module.ts';
import { createTraining } from './training/service.ts';

export type { AgentPresence } from './runtime/signals.ts';

export interface AgentsOverrides {
  /** Answers every model call instead of the configured providers; shown as the scripted provider. */
  llm?: Llm;
  /** Beside the built-in ones. */
  tools?: readonly Tool[];
  /** Called at each boundary of a run's journal; a throw there is what a crash would be. For tests. */
  onBoundary?: (at: { boundary: string; runId: string; epoch: number }) => void | Promise<void>;
}

export interface AgentsLayerDeps {
  config: Config;
  /** Signs sessions and wraps the keys of sensitive memories. */
  secret: string;
  database: Database;
  events: Events;
  jobs: Jobs;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  tracer: Tracer;
  identity: IdentityService;
  rooms: RoomsService;
  messages: MessagesService;
  appeals: AppealsService;
  log: MessageLog;
  presence: AgentPresence;
  bus: Bus;
  failpoints: Failpoints;
  /** The address under which browsers know this server, once it listens. */
  publicUrl(): string;
  /** Calls an operation as a transport would, with the same checks. @throws AppError */
  callOperation(name: string, scope: Scope, input: object): Promise<unknown>;
  overrides?: AgentsOverrides | undefined;
}

export interface AgentsLayer {
  /** Erases what agents keep of a person. @returns how much of each */
  erase(tenantId: string, userId: string): Promise<Record<string, number>>;
  /** Operations, events and jobs; spread into the app's list before `jobs.start`. */
  modules: Module[];
  /** Takes over what a stopped process left, starts leases and sweeping. After migration and `jobs.start`. */
  start(): Promise<void>;
  /** Parks runs in flight and releases their leases. Before `jobs.stop`. */
  stop(): Promise<void>;
  memory: MemoryService;
  /** Someone came into a room: what is being written there is said again. */
  cameIn(roomId: string): void;
  /** Has an agent take a turn that somebody asked for by other ways than a message. */
  ask: Asks['request'];
  /** A text of an agent as it may be stored. @throws AppError */
  screen: SafetyService['screen'];
  /** Whether the moderation service flags a text of a person. @throws AppError where it must answer and does not */
  judge: SafetyService['flags'];
  /** Makes the agent `@parley`, a member of the lobby, unless it was made before. After migration. */
  ensureParley(tenantId: string, lobbyId: string): Promise<void>;
  /**
   * Gives runs back to the queue whose worker is gone.
   * @param everything also those whose lease still runs: only when no other process works on them
   */
  takeBack(everything: boolean): Promise<void>;
  /** Lets the turns begin that wait for more of a burst. @returns how many there were */
  endWaits(): Promise<number>;
  /** Counts model calls in full whose end was never heard. It happens by itself, too. */
  sweep(): Promise<void>;
  /** Looks whether agents have something to say first. It happens by itself, too. */
  speakFirst(): Promise<void>;
}

/** Model calls in all that one step may take, whatever is configured. */
const MOST_TRIES = 3;

/** Listens to `events` from now on: create it before the first message is sent. */
export async function createAgentsLayer(deps: AgentsLayerDeps): Promise<AgentsLayer> {
  const { config, database, events, jobs, clock, logger, metrics, tracer } = deps;
  const { identity, rooms, messages } = deps;
  const { onBoundary } = deps.overrides ?? {};

  const tries = Math.min(MOST_TRIES, config.AGENT_MAX_RETRIES + 1);
  const router = await openRouter(config, clock, deps.overrides?.llm);
  const outcomes = metrics.counter('parley_agent_runs_total', 'Agent runs that ended', ['status', 'lane']);
  const calls = metrics.counter('parley_model_calls_total', 'Calls of language models', [
    'provider',
    'outcome',
  ]);
  const found = metrics.counter('parley_content_findings_total', "What was taken out of agents' texts", [
    'rule',
  ]);
  const refused = metrics.counter('parley_model_calls_refused_total', 'Model calls that a budget refused', [
    'limit',
  ]);
  const tokens = metrics.counter('parley_model_tokens_total', 'Tokens read and written by models', [
    'provider',
    'direction',
  ]);
  const callSeconds = metrics.histogram(
    'parley_model_call_duration_seconds',
    'Time of one call of a language model',
    ['provider', 'outcome'],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160],
  );
  const runSeconds = metrics.histogram(
    'parley_agent_run_duration_seconds',
    'Time a worker spent on a run, by how that ended',
    ['status', 'lane'],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160],
  );
  const dollars = metrics.counter('parley_model_cost_dollars_total', 'Cost of models with a known price', [
    'provider',
  ]);

  const outgoing = createGuardedFetch({
    allow: config.OUTGOING_ALLOW_HOSTS,
    userAgent: `Parley/${config.version}`,
  });
  const mcpOutgoing = createGuardedFetch({
    allow: config.OUTGOING_ALLOW_HOSTS,
    userAgent: `Parley/${config.version}`,
    // An answer may be a stream that is silent while the tool works.
    limits: { idleMs: 60_000, totalMs: 90_000, maxBytes: 2 * 1024 * 1024 },
  });
  const mcp = createMcpService({
    database,
    events,
    sealer: createTextSealer(deps.secret, 'mcp headers'),
    credentialSealer: createTextSealer(deps.secret, 'mcp credentials'),
    connections: createMcpConnections({ clock, isBroken }),
    connect: (target) => connectMcp(target, { fetch: mcpOutgoing.fetch, version: config.version }),
    isOwnHost: createAddressPolicy(config.OUTGOING_ALLOW_HOSTS).isListed,
    programs: config.MCP_SERVERS,
    clock,
    publicUrl: deps.publicUrl,
    stands: identity.stands,
    flow: createFlow({
      fetch: outgoing.fetch,
      isOwnHost: createAddressPolicy(config.OUTGOING_ALLOW_HOSTS).isListed,
      metadataUrl: config.PUBLIC_URL?.startsWith('https:')
        ? new URL(CLIENT_DOCUMENT_PATH, config.PUBLIC_URL).href
        : undefined,
    }),
  });
  const signals = createSignals({
    log: deps.log,
    presence: deps.presence,
    bus: deps.bus,
    resting: createResting(database),
  });
  const signalsFor = signals.of;
  const typing = createTyping({ bus: deps.bus, clock });
  const bursts = createBursts({
    clock,
    logger,
    typing,
    begin: (runId, burst) =>
      database.transaction(async (tx) => enqueueRuns(jobs, tx, await endWait(tx, runId, burst))),
  });
  const abort = (runIds: readonly string[]) => {
    worker.abort(runIds);
    safety.tell(runIds);
  };
  watchMessages({
    events,
    typing,
    write: createFloorBook({ database, jobs, signalsFor, bursts, abort }),
    inQuietHours: ({ proactive }) => inQuietHours(ProactiveSettings.parse(proactive), clock.date()),
  });

  const given = new Set(deps.overrides?.tools);
  const profiles = createProfilesService({
    database,
    events,
    identity,
    rooms,
    router,
    toolNames: async (place) => (await registry.all(place)).map((tool) => tool.name),
    defaultTools: () =>
      registry
        .list()
        .filter((tool) => tool.byDefault === true || tool.everyAgent === true || given.has(tool))
        .map((tool) => tool.name),
    hashTools: (...given) => grants.hashOf(...given),
    copyLimits: (...given) => grants.copy(...given),
    stopAll: (tx, tenantId, agentId, reason) => runtime.stopAll(tx, tenantId, agentId, reason),
  });
  const requireOwned = profiles.requireOwned;
  const embedder = await openEmbedder(config);
  const training = createTraining({ database, jobs, embedder, requireOwned });
  const memory = createMemoryService({
    database,
    jobs,
    events,
    embedder,
    clock,
    secret: deps.secret,
    requireOwned,
    requireAgent: profiles.requireAgent,
    requireRoom: (scope, roomId) => rooms.requireVisible(scope, roomId),
    isHalted: (tx, at) =>
      safety.check(tx, at).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Halted) return true;
          throw error;
        },
      ),
  });
  const services = createServiceClient(serviceUrls(config), `Parley/${config.version}`);
  const sandbox = createSandbox({ clock });
  const custom = createCustomTools({
    database,
    events,
    sealer: createTextSealer(deps.secret, 'tool headers'),
    fetch: outgoing.fetch,
    sandbox,
    builtIn: (name) => registry.find(name) !== undefined,
    isOwnHost: createAddressPolicy(config.OUTGOING_ALLOW_HOSTS).isListed,
  });
  const operate = createOperate({
    agentScope: identity.agentScope,
    wordScope: identity.wordScope,
    call: deps.callOperation,
  });
  const write = createToolModel({
    async prepare({ tenantId, agentId, runId }) {
      const agent = await profiles.find(tenantId, agentId);
      const choice = router.pick({ provider: agent?.llmProvider ?? 'auto', model: agent?.modelName ?? '' });
      const payer = { tenantId, agentId, ownerId: agent?.createdBy ?? null, runId };
      return { ...choice, wrap: () => wrapModel(choice.llm, payer) };
    },
  });
  const registry = createToolRegistry(
    [
      calculatorTool,
      clockTool,
      ...createMemoryTools(memory),
      ...createPeopleTools(operate),
      ...createChatTools(operate),
      sendCardTool,
      ...createWorkspaceTools(operate),
      ...createGoalTools(operate),
      ...createKnowledgeTools(operate, write),
      createFindTools(async ({ tenantId, agentId }) => {
        const names = await profiles.enabledTools(database.db, tenantId, agentId);
        const all = await registry.all({ tenantId, agentId });
        return all.filter((tool) => tool.unavailable === undefined && names?.includes(tool.name));
      }),
      ...createServiceTools({ config, client: services, fetch: outgoing.fetch, sandbox, operate, write }),
      ...(deps.overrides?.tools ?? []),
    ],
    [custom.source, mcp.source],
  );
  const workspace = createWorkspace({ database, rooms, bus: deps.bus });
  const knowledge = createKnowledge({ database, requireOwned, trained: training.search });
  const gate = createApprovalGate({ database, clock, bus: deps.bus, events });
  const grants = createGrants({ database, enabledOf: profiles.enabledTools });
  const runTool = auditTools({
    events,
    find: registry.resolve,
    runTool: createRunTool({
      registry,
      clock,
      logger,
      cache: createResultCache(clock),
      decide: (tx, call) => grants.decide(tx, call, true),
    }),
  });
  const tools = createToolsService({
    database,
    clock,
    registry,
    grants,
    runTool,
    rooms,
    requireOwned,
    answersFor: async (scope, agentId) =>
      profiles.answersFor(scope, await profiles.requireAgent(scope, agentId)),
    enabledFor: async (scope, agentId) => (await profiles.requireAgent(scope, agentId)).capabilities,
    enable: (scope, agentId, capabilities, within) =>
      profiles.update(scope, { agentId, capabilities }, within),
  });
  const budgets = createBudgetsService({ database, events, identity, profiles });
  const ledger = createLedger({
    database,
    clock,
    logger,
    callMs: config.AGENT_TIMEOUT_MS,
    pricesOf: budgets.pricesOf,
    onRefused: (limit) => refused.inc({ limit }),
  });
  const moderation = await openModeration(config, { clock, logger, metrics, tracer });
  const safety = createSafetyService({
    database,
    events,
    bus: deps.bus,
    rooms,
    profiles,
    cancelRuns: (tx, tenantId, runIds, reason) => runtime.cancel(tx, tenantId, runIds, reason),
    abort: (runIds) => worker.abort(runIds),
    moderation,
    onFindings(findings) {
      for (const [rule, times] of Object.entries(findings)) found.inc({ rule }, times);
    },
  });
  auditStops(events);
  const revisions = createRevisionsService({
    database,
    profiles,
    toolNames: async (place) => (await registry.all(place)).map((tool) => tool.name),
  });
  const health = createHealthService({ database, events, requireOwned });
  const rule: Parameters<typeof createLoop>[0]['rule'] = async ({ tool, args, executionId, context }) => {
    const granted = await grants.decide(database.db, { tool, args, executionId, context }, false);
    const analysisOnly = await health.isAnalysisOnly(context.tenantId, context.agentId);
    return ruleOnCall({ effect: tool.effect, analysisOnly, granted });
  };
  const openings = createOpenings({
    database,
    clock,
    findUsers: (tenantId, ids) => identity.findMany(database.db, tenantId, ids),
  });
  const asks = createAsks({
    database,
    events,
    jobs,
    signalsFor,
    findUsers: (tenantId, ids) => identity.findMany(database.db, tenantId, ids),
  });
  const context = createContext({ rooms, messages, memory, training });
  const loop = createLoop({
    failpoints: deps.failpoints,
    database,
    jobs,
    clock,
    identity,
    messages,
    memory,
    profiles,
    revisions,
    checkStops: safety.check,
    openings,
    askOf: asks.triggerOf,
    context,
    router,
    registry,
    approvals: gate,
    rule,
    runTool: watchTools({ metrics, tracer, registry, runTool }),
    costOf: budgets.costOf,
    noteFindings: safety.noteFindings,
    judge: moderation?.judge,
    tries,
    wrap: (llm, { run, agent }, limits) =>
      wrapModel(
        llm,
        { tenantId: run.tenantId, agentId: run.agentId, ownerId: agent.createdBy, runId: run.id },
        limits,
      ),
    onBoundary,
  });
  const execute: typeof loop = (run, signals, signal, remains) => {
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': run.agentId,
      'gen_ai.conversation.id': run.roomId,
      'parley.run_id': run.id,
      'parley.lane': run.lane,
      'parley.attempt': run.attempts,
    };
    // A job begins it, whoever rang for the job.
    return tracer.withSpan(
      'invoke_agent',
      attributes,
      async (span) => {
        const began = clock.elapsed();
        let status = 'error';
        try {
          const outcome = await loop(run, signals, signal, remains);
          status = outcome.status;
          return outcome;
        } finally {
          span.set({ 'parley.outcome': status });
          runSeconds.observe({ status, lane: run.lane }, (clock.elapsed() - began) / 1000);
        }
      },
      { root: true },
    );
  };
  const worker = createRunWorker({
    database,
    jobs,
    clock,
    logger,
    execute,
    signalsFor,
    lanes: {
      interactive: { maxConcurrent: config.AGENT_MAX_CONCURRENT, timeoutMs: config.AGENT_TIMEOUT_MS },
      background: {
        maxConcurrent: config.AGENT_BACKGROUND_CONCURRENT,
        timeoutMs: config.AGENT_BACKGROUND_TIMEOUT_MS,
      },
    },
    onOutcome: (status, lane) => outcomes.inc({ status, lane }),
    expire: () => approvals.expire(),
    onBoundary,
  });
  const runtime = createRuntimeService({
    database,
    events,
    jobs,
    rooms,
    messages,
    profiles,
    signalsFor,
    withdraw: gate.cancelFor,
    checkStops: safety.check,
    abort,
  });
  const partialJob = createPartialJob({
    database,
    identity,
    messages,
    askOf: asks.triggerOf,
    publish: createPublishPartial({ messages, checkStops: safety.check }),
  });
  const { wake, cancel } = runtime;
  const proactive = createProactive({
    database,
    rooms,
    getMessage: messages.get,
    requireOwned,
    answersFor: async (scope, agentId) =>
      profiles.answersFor(scope, await profiles.requireAgent(scope, agentId)),
  });
  const scan = createScan({
    database,
    clock,
    jobs,
    logger,
    failpoints: deps.failpoints,
    everySeconds: config.AGENT_PROACTIVE_SCAN_SECONDS,
    maxChain: MAX_CHAIN,
    begin: runtime.begin,
  });
  const replays = createReplayService({
    database,
    identity,
    messages,
    profiles,
    revisions,
    registry,
    router,
    rule,
  });
  const reports = createReplayReports({
    database,
    jobs,
    rooms,
    profiles,
    revisions,
    bodyOf: replays.bodyOf,
    checkStops: safety.check,
    anew: (run, agent, steps, signal, payer) =>
      replayAnew(
        {
          clock,
          identity,
          openings,
          askOf: asks.triggerOf,
          context,
          router,
          registry,
          tries,
          costOf: budgets.costOf,
          wrap: (llm, limits) =>
            wrapModel(
              llm,
              { tenantId: run.tenantId, agentId: run.agentId, ownerId: agent.createdBy, runId: payer },
              limits,
            ),
        },
        run,
        agent,
        steps,
        signal,
      ),
  });
  const attention = createAttention({ database, events, profiles, wake, cancel });
  const approvals = createApprovalsService({
    database,
    events,
    clock,
    gate,
    registry,
    requireOwned,
    standing: rooms.standing,
    moderateEdit: safety.moderateEdit,
    wake: async (tx, tenantId, runIds) => {
      await runtime.wake(tx, tenantId, runIds, 'waiting_approval');
    },
  });
  const conversations = createConversations({
    database,
    events,
    jobs,
    profiles,
    openDirect: rooms.openDirect,
    messages,
    answerTo: runtime.answerTo,
    keySentences,
  });
  const feedback = createFeedback({
    database,
    getMessage: messages.get,
    requireMember: rooms.requireMember,
    requireOwned,
    getAgent: profiles.get,
    updateAgent: profiles.update,
    memoriesOf: runtime.memoriesOf,
    weigh: memory.weigh,
    noteLater: conversations.noteLater,
  });
  const invitations = createInvitationsService({ database, identity, rooms, profiles });

  /** @param payer who a call is for: each counts it against its budget */
  async function wrapModel(
    llm: Llm,
    payer: { tenantId: string; agentId: string; ownerId: string | null; runId: string },
    limits: { attempts?: Attempts; maxWaitMs?: number } = {},
  ): Promise<Llm> {
    return wrapLlm(llm, {
      prices: await budgets.pricesOf(payer.tenantId),
      budget: ledger.forCall(payer),
      sleep: clock.sleep,
      random,
      elapsed: clock.elapsed,
      totalMs: config.AGENT_TIMEOUT_MS,
      idleMs: config.AGENT_IDLE_TIMEOUT_MS,
      tries,
      ...limits,
      onCall: (call) => {
        const { provider, outcome, usage, model, ms, costUsd } = call;
        calls.inc({ provider, outcome });
        callSeconds.observe({ provider, outcome }, ms / 1000);
        dollars.inc({ provider }, costUsd ?? 0);
        tracer.record(`chat ${model}`, chatAttributes(call, payer.runId), ms);
        tokens.inc({ provider, direction: 'input' }, usage.inputTokens);
        tokens.inc({ provider, direction: 'output' }, usage.outputTokens);
      },
    });
  }

  return {
    modules: [
      profilesModule(profiles),
      activityModule(createActivityService({ database, requireOwned })),
      revisionsModule(revisions),
      healthModule(health),
      invitationsModule(invitations),
      conversationsModule(conversations),
      trainingModule(training),
      feedbackModule(feedback),
      runtimeModule(runtime, attention, replays, createFloorSettings({ database, rooms }), reports, [
        ...worker.jobs,
        partialJob,
      ]),
      proactiveModule(proactive, scan.job),
      approvalsModule(approvals),
      memoryModule(memory),
      toolsModule(tools),
      mcpModule(mcp),
      mcpOauthModule(mcp.oauth),
      customToolsModule(custom),
      workspaceModule(workspace, knowledge),
      safetyModule(safety, createSafetyHistory({ database, profiles, appeals: deps.appeals })),
      budgetsModule(budgets),
    ],
    memory,
    erase: createAgentErasure({ database, memory, messages: deps.messages }),
    ensureParley: profiles.ensureParley,
    cameIn: signals.cameIn,
    ask: asks.request,
    screen: safety.screen,
    judge: safety.flags,
    takeBack: worker.takeBack,
    sweep: ledger.sweep,
    endWaits: bursts.closeAll,
    speakFirst: scan.scan,
    async stop() {
      await scan.stop();
      await bursts.stop();
      typing.stop();
      await worker.stop();
      await ledger.stop();
      await mcp.stop();
      await Promise.all([sandbox.stop(), services.stop(), outgoing.stop(), mcpOutgoing.stop()]);
    },
    async start() {
      if (router.configured().length === 0)
        logger.info(
          'no model key is set: agents answer with the built-in scripted provider; set ANTHROPIC_API_KEY or OPENAI_API_KEY',
        );
      ledger.start();
      await worker.start();
      scan.start();
    },
  };
}

async function openEmbedder(config: Config): Promise<Embedder> {
  if (config.EMBEDDING_PROVIDER === 'local') return createLocalEmbedder(config.EMBEDDING_DIMENSIONS);
  const { createOpenAiEmbedder } = await import('../memory/embed-openai.ts');
  return createOpenAiEmbedder({
    model: config.EMBEDDING_MODEL ?? 'text-embedding-3-small',
    dimensions: config.EMBEDDING_DIMENSIONS,
    ...(config.OPENAI_API_KEY === undefined ? {} : { apiKey: config.OPENAI_API_KEY }),
    ...(config.OPENAI_BASE_URL === undefined ? {} : { baseUrl: config.OPENAI_BASE_URL }),
  });
}
