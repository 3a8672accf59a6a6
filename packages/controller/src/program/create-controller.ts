import { readFileSync } from 'node:fs';
import { DatasetStore, DatasetUpdater, datasetSourcesSchema } from '@revtr/datasets';
import { TargetPolicy } from '@revtr/probing';
import { Controller } from '../composition/controller.ts';
import type { ControllerCollaborators } from '../composition/controller-options.ts';
import { InternetKnowledge } from '../facts/internet-knowledge.ts';
import { LiveFacts } from '../facts/live-facts.ts';
import { readCredential } from '../foundation/credential-files.ts';
import type { DatabaseClock } from '../foundation/database-clock.ts';
import { smtpSender } from '../mail/smtp.ts';
import { agentSystem } from '../measuring/agent-system.ts';
import { type SafetySettings, safetySettingsSchema } from '../safety/settings.ts';
import { DEFAULT_SELF_AUDIT } from '../self-audit/self-auditor.ts';
import { DEFAULT_LIFE_CYCLE, newUserLimits } from '../settings/defaults.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * Opens the datasets and files that the settings name, and creates the controller with them.
 * @throws {z.ZodError} naming what is wrong in a file, and errors of the machine
 */
export async function createController(
  settings: Settings,
  {
    database,
    lock,
    cluster,
    clock,
    log,
    tracing,
  }: Pick<ControllerCollaborators, 'database' | 'lock' | 'cluster' | 'log' | 'tracing'> & {
    readonly clock: DatabaseClock;
  },
): Promise<Controller> {
  const { socket, tls, grpc, mail, testNetworks, testTargets, retestMs, quarantineMs } = settings;
  const store = new DatasetStore({ directory: settings.datasets.directory }, { clock });
  await store.open();
  const knowledge = new InternetKnowledge({ store, testNetworks });
  for (const { kind, failure } of store.status())
    if (failure !== undefined) log.error({ kind, code: failure.code }, `a dataset cannot be used: ${failure.message}`);
  if (!knowledge.knowsAllRoutes)
    log.warn(
      'no dataset of announced prefixes is imported (revtr data import prefix2as FILE): hops have no network, and unannounced destinations are accepted',
    );
  if (mail === undefined && settings.roles.has('mail'))
    log.warn('REVTR_SMTP is not set: the operator must forward mails (revtr admin mails)');
  const updater = new DatasetUpdater(readDatasetSources(settings.datasets.sourcesFile), {
    store,
    fetch,
    clock,
    random: Math.random,
    onFailure: (kind, error) => log.error({ err: error, kind }, 'a dataset could not be updated'),
  });
  return Controller.create(
    {
      listen: socket === undefined ? { host: settings.host, port: settings.port } : { path: socket },
      health: settings.health,
      tls: tls && readCredential(tls),
      grpc: grpc && { host: grpc.host, port: grpc.port, tls: readCredential(grpc) },
      trustProxy: settings.trustProxy,
      webDirectory: settings.roles.has('api') ? settings.webDirectory : undefined,
      publicUrl: settings.publicUrl,
      probeIdentity: settings.probeIdentity,
      concurrency: settings.concurrency,
      maxBatch: settings.maxBatch,
      longestWaitMs: settings.longestWaitMs,
      newUserLimits: newUserLimits(settings.maxBatch),
      selfRegistration: settings.selfRegistration,
      visitorMeasurementsPerDay: settings.visitorMeasurementsPerDay,
      audit: settings.audit,
      ripeAtlas: settings.ripeAtlas,
      surveyProbesPerHour: settings.surveyProbesPerHour,
      selfAudit: { ...DEFAULT_SELF_AUDIT, perDay: settings.selfAuditsPerDay },
      watches: settings.watches,
      archive: settings.archive,
      resultDays: settings.resultDays,
      cold: settings.cold,
      safety: readSafetySettings(settings.budgetsFile),
      lifeCycle: {
        quarantine: { ...DEFAULT_LIFE_CYCLE.quarantine, firstMs: quarantineMs },
        retestMs,
        confirmMs: DEFAULT_LIFE_CYCLE.confirmMs,
        pollMs: Math.min(DEFAULT_LIFE_CYCLE.pollMs, retestMs / 2, quarantineMs / 2),
        testTargets,
      },
    },
    {
      database,
      lock,
      measuring: agentSystem({ ...settings.gateway, contact: settings.probeIdentity.contact }, knowledge, {
        agentClock: clock.steady,
      }),
      facts: new LiveFacts(knowledge, { clock }),
      datasets: { store, updater, knowledge },
      targetPolicy: new TargetPolicy({ testNetworks }),
      sendMail: mail && smtpSender(mail),
      cluster,
      clock,
      log,
      tracing,
    },
  );
}

/** @throws {z.ZodError} naming what is wrong in the file */
function readSafetySettings(file: string | undefined): SafetySettings {
  return safetySettingsSchema.parse(file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8')));
}

/** @throws {z.ZodError} naming what is wrong in the file */
function readDatasetSources(file: string | undefined) {
  return datasetSourcesSchema.parse(file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8')));
}
