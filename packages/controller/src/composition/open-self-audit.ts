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
  /** Ends the audits of a source that this process does not own any more. Resolves when they send nothing any more. */
  handOver(source: Ipv4Address, isLost: boolean): Promise<void>;
}

/** Audits wait while this share of the places for measurements is taken. */
const BUSY_LOAD = 0.5;

/** Why audits are interrupted. */
const LOST = 'another process may own the source by now';
const HANDED_OVER = 'the source was handed over to another process';

/** Reads what earlier self-audits have shown, and opens the auditor. */
export async function openSelfAudit(
  { database, metrics, clock, random, log, cluster }: Context,
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
  // Before the sources are given up, which waits for other work.
  cluster.leases.onExpired(() => void auditor.interrupt(LOST));
  return {
    name: 'selfAudit',
    handOver: (source, isLost) => auditor.interrupt(isLost ? LOST : HANDED_OVER, source),
    audits,
    keeper,
    perDay: settings.perDay,
    start: () => undefined,
    onAgentsSettled: () => auditor.start(),
    stop: () => auditor.stop(),
  };
}
