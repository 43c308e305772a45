// The composition root: builds every part and hands them to each other. The only place that knows them all.
// What starts here also stops here, in reverse order.
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type AgentsOverrides, createAgentsLayer } from './agents/layer.ts';
import { createMemoryBus } from './core/bus-memory.ts';
import { type Clock, systemClock } from './core/clock.ts';
import type { Config } from './core/config.ts';
import { lockDataDir, secretOf } from './core/data-dir.ts';
import { openDatabase } from './core/db/database.ts';
import { exclusively } from './core/db/exclusive.ts';
import { migrate, pendingMigrations } from './core/db/migrate.ts';
import { createDeliveryMemory } from './core/deliveries.ts';
import { createEpoch } from './core/epoch.ts';
import { createEvents } from './core/events.ts';
import { createFailpoints } from './core/failpoints.ts';
import { createFiles } from './core/files.ts';
import { newId, randomToken } from './core/ids.ts';
import { createJobs } from './core/jobs.ts';
import { createMemoryLimits } from './core/limits-memory.ts';
import { createLogger, type Logger } from './core/logger.ts';
import { createMetrics, watchParts } from './core/metrics.ts';
import type { Module } from './core/module.ts';
import { createOperations } from './core/operation.ts';
import { createPace } from './core/pace.ts';
import { createRevocations } from './core/revocations.ts';
import type { Scope } from './core/scope.ts';
import { createTextSealer } from './core/sealed-text.ts';
import { noTracer, type Tracer, traceDeliveries } from './core/tracing.ts';
import { aboutModule } from './server/about/module.ts';
import { auditModule } from './server/audit/module.ts';
import { createAuditService } from './server/audit/service.ts';
import { cardsModule } from './server/cards/module.ts';
import { createCardsService } from './server/cards/service.ts';
import { createCustomCommands } from './server/commands/custom.ts';
import { commandsModule } from './server/commands/module.ts';
import { createOutside } from './server/commands/outside.ts';
import { createCommandsService } from './server/commands/service.ts';
import { deliveriesModule } from './server/deliveries/module.ts';
import { createDeliveriesService } from './server/deliveries/service.ts';
import { draftsModule } from './server/drafts/module.ts';
import { createDraftsService } from './server/drafts/service.ts';
import { erasureModule } from './server/erasure/module.ts';
import { createErasure } from './server/erasure/service.ts';
import { exportsModule } from './server/exports/module.ts';
import { createExports } from './server/exports/service.ts';
import { createLocalTokens } from './server/identity/local.ts';
import { identityModule } from './server/identity/module.ts';
import { createIdentityService, HOME_TENANT } from './server/identity/service.ts';
import { createLinks as createInviteLinks } from './server/invitations/links.ts';
import { roomInvitationsModule } from './server/invitations/module.ts';
import { createInvitations } from './server/invitations/service.ts';
import { createCommit } from './server/messages/commit.ts';
import { createMessageLog } from './server/messages/log.ts';
import { messagesModule } from './server/messages/module.ts';
import { createScreening } from './server/messages/screening.ts';
import { createMessagesService } from './server/messages/service.ts';
import { createWriter } from './server/messages/writer.ts';
import { createAppealsService } from './server/moderation/appeals.ts';
import { createHeldService } from './server/moderation/held.ts';
import { moderationModule } from './server/moderation/module.ts';
import { createReportsService } from './server/moderation/reports.ts';
import { createModerationService } from './server/moderation/service.ts';
import { notificationsModule } from './server/notifications/module.ts';
import { createNotificationsService } from './server/notifications/service.ts';
import { pinsModule } from './server/pins/module.ts';
import { createPinsService } from './server/pins/service.ts';
import { presenceModule } from './server/presence/module.ts';
import { createClusterRoster } from './server/presence/roster-cluster.ts';
import { createMemoryRoster } from './server/presence/roster-memory.ts';
import { createPresenceService } from './server/presence/service.ts';
import { previewsModule } from './server/previews/module.ts';
import { createPreviews } from './server/previews/service.ts';
import { reactionsModule } from './server/reactions/module.ts';
import { createReactionsService } from './server/reactions/service.ts';
import { retentionModule } from './server/retention/module.ts';
import { createRetention } from './server/retention/service.ts';
import { roomsModule } from './server/rooms/module.ts';
import { createRoomsService } from './server/rooms/service.ts';
import { rulesModule } from './server/rules/module.ts';
import { createRulesService } from './server/rules/service.ts';
import { savedModule } from './server/saved/module.ts';
import { createSavedService } from './server/saved/service.ts';
import { scheduledModule } from './server/scheduled/module.ts';
import { createScheduledService } from './server/scheduled/service.ts';
import { createIndexer } from './server/search/indexer.ts';
import { searchModule } from './server/search/module.ts';
import { createSearchService } from './server/search/service.ts';
import { settingsModule } from './server/settings/module.ts';
import { createSettingsService } from './server/settings/service.ts';
import { threadsModule } from './server/threads/module.ts';
import { createThreadsService } from './server/threads/service.ts';
import { createDoors } from './server/transports/doors.ts';
import { createHub } from './server/transports/realtime/hub.ts';
import { createLogWatch } from './server/transports/realtime/log-watch.ts';
import { unreadModule } from './server/unread/module.ts';
import { createUnreadService } from './server/unread/service.ts';
import { createLinks } from './server/uploads/links.ts';
import { uploadsModule } from './server/uploads/module.ts';
import { createParts } from './server/uploads/parts.ts';
import { createUploadsService } from './server/uploads/service.ts';
import { versionsModule } from './server/versions/module.ts';
import { createVersionsService } from './server/versions/service.ts';
import { createCardActions } from './server/webhooks/card-actions.ts';
import { createDelivery } from './server/webhooks/delivery.ts';
import { createDispatch } from './server/webhooks/dispatch.ts';
import { createIncoming } from './server/webhooks/incoming.ts';
import { webhooksModule } from './server/webhooks/module.ts';
import { createWebhooksService } from './server/webhooks/service.ts';
import { createGuardedFetch } from './tools/http-guard.ts';

export interface AppOverrides {
  clock?: Clock;
  logger?: Logger;
  agents?: AgentsOverrides;
  /** More modules, served like any other. */
  modules?: Module[];
  /** What an in-memory database starts from: a migrated one saves tests two seconds each. */
  loadDataDir?: Blob;
}

export type App = Awaited<ReturnType<typeof createApp>>;

/** DATA_DIR with this value keeps everything in memory: for tests. */
export const IN_MEMORY = ':memory:';

const CONSOLE_DIR = fileURLToPath(new URL('../web/dist', import.meta.url));
/** Longest wait for writes in flight when stopping, in ms. */
const FINISH_WRITES_MS = 5000;
/** A reload or a lost network within this time is no leave. */
const PRESENCE_GRACE_MS = 5000;
const READY_DEADLINE_MS = 2000;

export async function createApp(config: Config, overrides: AppOverrides = {}) {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger({ level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const embedded = config.DATABASE_URL === undefined;
  const inMemory = config.DATA_DIR === IN_MEMORY;
  const lock = embedded && !inMemory ? lockDataDir(config.DATA_DIR, clock.now) : undefined;
  const undo: (() => Promise<void> | void)[] = [() => lock?.release()];

  try {
    const secret = config.SECRET_KEY ?? (inMemory ? randomToken(48) : secretOf(config.DATA_DIR));
    const database = await openDatabase({
      url: config.DATABASE_URL,
      dataDir: inMemory ? undefined : config.DATA_DIR,
      loadDataDir: overrides.loadDataDir,
      poolSize: config.DATABASE_POOL_SIZE,
      logger,
    });
    undo.push(() => database.close());
    await exclusively(database, 'start', () => migrate(database.db, logger));

    const metrics = createMetrics();
    const events = createEvents();
    const audit = createAuditService({ database, events });
    const failpoints = createFailpoints(config.FAILPOINTS);
    const jobs = createJobs(database, logger);
    const limits =
      config.REDIS_URL === undefined
        ? createMemoryLimits(clock, config.RATE_LIMIT_FACTOR)
        : (await import('./core/limits-redis.ts')).createRedisLimits({
            url: config.REDIS_URL,
            clock,
            logger,
            factor: config.RATE_LIMIT_FACTOR,
          });
    undo.push(() => limits.stop());
    const nodeId = newId();
    const tracer = await openTracer(config, { clock, logger, instance: nodeId });
    undo.push(() => tracer.stop());
    const bus =
      config.REDIS_URL === undefined
        ? createMemoryBus(logger)
        : (await import('./core/bus-redis.ts')).createRedisBus({ url: config.REDIS_URL, logger });
    const pace = createPace(clock);
    const deliveryMemory = createDeliveryMemory({ clock, nodeId });
    const hub = createHub({
      bus: traceDeliveries(bus, tracer),
      logger,
      metrics,
      pace,
      deliveries: deliveryMemory,
    });

    const revocations = createRevocations({
      bus,
      logger,
      ...(embedded ? {} : { readRecent: () => identity.recentRevocations() }),
    });
    const tokens = createLocalTokens(secret, clock);
    const identity = createIdentityService({
      database,
      events,
      clock,
      logger,
      revocations,
      tokens,
      allowLocal: config.AUTH_LOCAL,
      clerk: {
        secretKey: config.CLERK_SECRET_KEY,
        jwtKey: config.CLERK_JWT_KEY,
        authorizedParties: config.CLERK_AUTHORIZED_PARTIES,
        webhookSigningSecret: config.CLERK_WEBHOOK_SIGNING_SECRET,
      },
      furnish,
    });
    const log = createMessageLog(database, bus);
    const rooms = createRoomsService({ database, events, identity, log, bus, jobs, pace });
    const files = createFiles(config, inMemory);
    undo.push(() => files.remove());
    const uploads = createUploadsService({
      database,
      objects: files.objects,
      parts: createParts(files.parts),
      links: createLinks(secret, clock),
      limits: { bytes: config.UPLOAD_MAX_BYTES, userBytes: config.UPLOAD_USER_BYTES },
      logger,
    });
    const rules = createRulesService({ database, events, rooms });
    const commit = createCommit({
      database,
      events,
      clock,
      log,
      metrics,
      failpoints,
      uploads,
      deliveries: deliveryMemory,
      rules,
    });
    const writer = createWriter({ database, commit, clock, metrics, tracer, pace });
    const epoch = createEpoch(database.db);
    const messages = createMessagesService({
      database,
      events,
      rooms,
      log,
      writer,
      epoch,
      present: (roomId) => presence.present(roomId),
      failpoints,
      rules,
      screening: createScreening({
        rooms,
        rules,
        screen: (text) => agents.screen(text),
        judge: config.MODERATION_PROVIDER === 'off' ? undefined : (text) => agents.judge(text),
      }),
    });
    const settings = createSettingsService({ database, events, rooms });
    const indexer = createIndexer({ database, clock, logger, settings });
    const search = createSearchService({ database, events, identity, messages, indexer });
    const outgoing = createGuardedFetch({
      allow: config.OUTGOING_ALLOW_HOSTS,
      userAgent: `Parley/${config.version}`,
    });
    undo.push(() => outgoing.stop());
    const previews = config.LINK_PREVIEWS
      ? createPreviews({ database, events, jobs, messages, settings, fetch: outgoing.fetch })
      : undefined;
    const webhookSealer = createTextSealer(secret, 'webhooks');
    const webhooks = webhooksModule({
      webhooks: createWebhooksService({ database, events, jobs, rooms, sealer: webhookSealer }),
      incoming: createIncoming({
        database,
        events,
        limits,
        identity,
        rooms,
        messages,
        sealer: webhookSealer,
      }),
      dispatch: createDispatch({ database, jobs, clock, logger }),
      delivery: createDelivery({
        database,
        jobs,
        clock,
        log,
        sealer: webhookSealer,
        fetch: outgoing.fetch,
      }),
      cardActions: createCardActions({
        database,
        events,
        jobs,
        clock,
        sealer: webhookSealer,
        fetch: outgoing.fetch,
      }),
    });
    const retention = createRetention({ database, messages });
    const exports = createExports({
      database,
      events,
      jobs,
      identity,
      rooms,
      objects: files.objects,
      folder: files.parts,
    });
    const notifications = createNotificationsService({
      database,
      bus,
      clock,
      events,
      jobs,
      rooms,
      messages,
    });
    const moderation = createModerationService({ database, events, clock, identity, rooms });
    const reports = createReportsService({ database, events, identity, rooms, messages, moderation });
    const appeals = createAppealsService({ database, events, rooms, moderation });
    const scheduled = createScheduledService({
      database,
      bus,
      clock,
      events,
      jobs,
      identity,
      rooms,
      messages,
    });
    const logWatch = createLogWatch({ bus, hub, clock, logger, lastSeqs: log.lastSeqs });
    const roster =
      config.REDIS_URL === undefined
        ? createMemoryRoster()
        : createClusterRoster({
            bus,
            nodeId,
            clock,
            logger,
            graceMs: PRESENCE_GRACE_MS,
            listener: { changed: (roomId, change) => presence.announce(roomId, change) },
          });
    const presence = createPresenceService({
      clock,
      database,
      events,
      rooms,
      roster,
      bus,
      pace,
      graceMs: PRESENCE_GRACE_MS,
    });
    const agents = await createAgentsLayer({
      config,
      secret,
      database,
      events,
      jobs,
      clock,
      logger,
      metrics,
      tracer,
      identity,
      rooms,
      messages,
      appeals,
      log,
      presence,
      bus,
      failpoints,
      publicUrl: () => config.PUBLIC_URL ?? url,
      callOperation: (name, scope, input) => {
        const operation = operations.byName(name);
        if (operation === undefined) throw new Error(`No operation is named ${name}.`);
        return operations.call(operation, scope, input, { surface: 'agent', address: scope.user.id });
      },
      overrides: overrides.agents,
    });

    const commandSealer = createTextSealer(secret, 'commands');
    const commands = createCommandsService({
      database,
      bus,
      clock,
      identity,
      rooms,
      messages,
      outside: createOutside({ clock, sealer: commandSealer, fetch: outgoing.fetch }),
      async operate<T>(scope: Scope, name: string, input: object) {
        const operation = operations.byName(name);
        if (operation === undefined) throw new Error(`No operation is named ${name}.`);
        return (await operations.call(operation, scope, input, {
          surface: scope.via,
          address: scope.user.id,
        })) as T;
      },
      ask: agents.ask,
    });
    const customCommands = createCustomCommands({
      database,
      bus,
      events,
      identity,
      rooms,
      sealer: commandSealer,
      builtIn: commands.isBuiltIn,
    });
    const erasure = createErasure({
      database,
      events,
      jobs,
      identity,
      messages,
      rooms,
      uploads,
      eraseFromAgents: agents.erase,
    });

    watchParts(metrics, { database, bus, writer, version: config.version });

    const modules: Module[] = [
      identityModule(identity, {
        list: (tenantId, userId) => control.list(tenantId, userId),
        disconnect: (tenantId, userId) => control.disconnect(tenantId, userId),
      }),
      roomsModule(rooms),
      cardsModule(createCardsService({ messages, events, rooms })),
      messagesModule({
        rooms,
        messages,
        presence,
        log,
        cameIn: agents.cameIn,
        deliveries: deliveryMemory,
      }),
      deliveriesModule(
        createDeliveriesService({
          database,
          rooms,
          messages,
          identity,
          notifications,
          nodes: { recall: (asked) => control.recall(asked) },
        }),
      ),
      commandsModule(commands, customCommands),
      unreadModule(createUnreadService({ database, rooms, messages, identity })),
      reactionsModule(createReactionsService({ rooms, messages, log })),
      pinsModule(createPinsService({ database, rooms, messages, log })),
      threadsModule(createThreadsService({ database, bus, rooms, messages })),
      savedModule(createSavedService({ database, bus, rooms, messages })),
      draftsModule(createDraftsService({ database, bus, rooms })),
      notificationsModule(notifications),
      moderationModule(
        moderation,
        reports,
        createHeldService({ database, events, identity, rooms, messages, moderation }),
        appeals,
      ),
      rulesModule(rules),
      roomInvitationsModule(
        createInviteLinks({ database, events, clock, identity, rooms }),
        createInvitations({ database, events, identity, rooms }),
      ),
      scheduledModule(scheduled),
      versionsModule(createVersionsService({ database, rooms, messages })),
      presenceModule(),
      settingsModule(settings),
      webhooks,
      retentionModule({ retention, clock, logger }),
      exportsModule({ exports, clock, logger }),
      erasureModule(erasure),
      ...(previews === undefined ? [] : [previewsModule(previews)]),
      uploadsModule({ uploads, objects: files.objects, clock, logger }),
      searchModule(search, indexer),
      auditModule(audit),
      aboutModule({ config, clock }),
      ...agents.modules,
      ...(overrides.modules ?? []),
    ];
    const eventDefs = modules.flatMap((m) => m.events ?? []);
    const operations = createOperations(
      modules.flatMap((m) => m.operations),
      { clock, limits, metrics, tracer },
    );

    let url = '';
    let state: 'starting' | 'ready' | 'stopping' = 'starting';
    const doors = createDoors({
      config,
      secret,
      bus,
      modules,
      events: eventDefs,
      hub,
      operations,
      revocations,
      clock,
      limits,
      metrics,
      logger,
      nodeId,
      deliveries: deliveryMemory,
      authenticate: identity.authenticate,
      consoleDir: CONSOLE_DIR,
      url: () => config.PUBLIC_URL ?? url,
      notReady: async () => [...(state === 'ready' ? [] : [state]), ...(await databaseProblems())],
    });
    const { http, control } = doors;

    /** What every tenant has from the start. */
    async function furnish(tenantId: string): Promise<void> {
      const lobby = await rooms.ensureLobby(tenantId);
      await agents.ensureParley(tenantId, lobby.id);
    }

    async function databaseProblems(): Promise<string[]> {
      const check = pendingMigrations(database.db).then((pending) =>
        pending.length === 0 ? [] : ['migrations'],
      );
      const deadline = clock.sleep(READY_DEADLINE_MS).then(() => ['database']);
      return Promise.race([check.catch(() => ['database']), deadline]);
    }

    return {
      config,
      /** The parts, for tests and the command line. */
      parts: {
        database,
        jobs,
        identity,
        rooms,
        messages,
        uploads,
        retention,
        log,
        hub,
        bus,
        metrics,
        tokens,
        operations,
        agents,
        logger,
      },

      get url() {
        return url;
      },

      async start(): Promise<string> {
        await Promise.all([bus.start(), limits.start(), control.start()]);
        await revocations.start();
        presence.start();
        logWatch.start();
        await identity.ensureHomeTenant();
        await furnish(HOME_TENANT);
        await exclusively(database, 'start', () => jobs.start(modules.flatMap((m) => m.jobs ?? [])));
        await agents.start();
        for (const module of modules) await module.start?.();
        await new Promise<void>((resolve, reject) => {
          http.once('error', reject);
          http.listen(config.PORT, config.HOST, resolve);
        });
        const { port } = http.address() as AddressInfo;
        const host = config.HOST.includes(':')
          ? `[${config.HOST}]`
          : config.HOST === '0.0.0.0'
            ? 'localhost'
            : config.HOST;
        url = `http://${host}:${port}`;
        state = 'ready';
        return url;
      },

      /** Resolves when nothing is being written, no burst is waited out and no job waits. For tests. */
      async settle(): Promise<void> {
        do {
          await writer.idle();
          await agents.endWaits();
          await jobs.settle();
          await writer.idle();
        } while ((await agents.endWaits()) > 0);
      },

      /** Finishes writes, closes sockets so that they come back elsewhere, parks runs, stops jobs, closes the database. */
      async stop(): Promise<void> {
        if (state === 'stopping') return;
        state = 'stopping';
        http.close();
        const waited = new AbortController();
        await Promise.race([
          writer.idle(),
          clock.sleep(FINISH_WRITES_MS, waited.signal).catch(() => undefined),
        ]);
        waited.abort();
        await doors.drain();
        for (const module of [...modules].reverse()) await module.stop?.();
        await agents.stop();
        await jobs.stop();
        await writer.idle();
        await doors.stop();
        await logWatch.stop();
        hub.stop();
        presence.stop();
        revocations.stop();
        await Promise.all([bus.stop(), control.stop()]);
        for (const step of undo.reverse()) await step();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** The tracing SDK is loaded only for those who have a collector. */
async function openTracer(
  config: Config,
  deps: { clock: Clock; logger: Logger; instance: string },
): Promise<Tracer> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return noTracer;
  const { createOtlpTracer } = await import('./core/tracing-otlp.ts');
  return createOtlpTracer({ endpoint, version: config.version, ...deps });
}
