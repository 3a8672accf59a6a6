import type { DeploymentCalibration } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { HopKinds, SelfAudits, Users } from '@revtr/storage';
import { kindAlertMail } from '../mail/messages.ts';
import type { Retention } from '../retention/retention.ts';
import { AccuracyMetrics } from '../self-audit/accuracy-metrics.ts';
import { KindEvidenceKeeper } from '../self-audit/kind-evidence-keeper.ts';
import { OperatorAlerts } from '../self-audit/operator-alerts.ts';
import { SelfAuditor, type SelfAuditSettings } from '../self-audit/self-auditor.ts';
import type { Context } from './context.ts';
import type { MailSubsystem } from './open-mail.ts';
import type { MeasurementsSubsystem } from './open-measurements.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { SafetySubsystem } from './open-safety.ts';
import type { Subsystem } from './subsystem.ts';

export interface SelfAuditSubsystem extends Subsystem {
  readonly audits: SelfAudits;
  readonly keeper: KindEvidenceKeeper;
  /** Self-audits in a day; 0: none. */
  readonly perDay: number;
}

/** Audits wait while this share of the places for measurements is taken. */
const BUSY_LOAD = 0.5;

/** Reads what earlier self-audits have shown, and opens the auditor. */
export async function openSelfAudit(
  { database, metrics, clock, random, log }: Context,
  settings: SelfAuditSettings,
  collaborators: {
    readonly calibration: DeploymentCalibration;
    readonly measuring: MeasuringSubsystem;
    readonly measurements: MeasurementsSubsystem;
    readonly safety: SafetySubsystem;
    readonly mail: MailSubsystem;
    readonly retention: Retention;
    /** Whether this process keeps the atlas of a source. */
    readonly owns: (source: Ipv4Address) => boolean;
  },
): Promise<SelfAuditSubsystem> {
  const { calibration, measuring, measurements, safety, mail, retention, owns } = collaborators;
  const { system, directory } = measuring;
  const audits = new SelfAudits(database.db);
  // Only this process uses the database: audits under way are left over from a crash.
  if (database.isExclusive) await audits.endAbandoned(new Date(clock.now()));
  const keeper = new KindEvidenceKeeper({ kinds: new HopKinds(database.db), calibration, clock });
  await keeper.refresh();
  const alerts = new OperatorAlerts({
    users: new Users(database.db),
    mail: (recipient, alert) => mail.send(recipient, kindAlertMail(alert)),
    log,
  });
  const auditor = new SelfAuditor(
    { ...settings, retention },
    {
      engine: system.engine,
      engineParts: system.engineParts,
      audits,
      keeper,
      calibration,
      isPublic: (address) => {
        const agent = directory.find(address);
        return agent?.kind !== 'source' || agent.visibility === 'public';
      },
      hosts: () => system.vantagePoints(),
      sources: () => system.sources().filter(owns),
      isBusy: () => safety.switches.isSet('probing') || !safety.audit.canRecord || measurements.load() > BUSY_LOAD,
      recorded: safety.recorded,
      metrics: new AccuracyMetrics(metrics, () => keeper.rows),
      onEvents: (events) => alerts.tell(events),
      clock,
      random,
      log,
    },
  );
  return {
    name: 'selfAudit',
    audits,
    keeper,
    perDay: settings.perDay,
    start: () => undefined,
    onAgentsSettled: () => auditor.start(),
    stop: () => auditor.stop(),
  };
}
