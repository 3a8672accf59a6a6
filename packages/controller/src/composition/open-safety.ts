import type { WithTechnique } from '@revtr/engine';
import { formatIpv4 } from '@revtr/net';
import type { Prober } from '@revtr/probing';
import { AuditBlocks, AuditEventRecords, KillSwitchRecords } from '@revtr/storage';
import { AuditEvents } from '../audit/audit-events.ts';
import { AuditGuard } from '../audit/audit-guard.ts';
import { FileJournal, NO_JOURNAL } from '../audit/audit-journal.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { GuardedProber, type ProbeGuard } from '../safety/guarded-prober.ts';
import { KillSwitches } from '../safety/kill-switches.ts';
import { withTechnique } from '../safety/probe-context.ts';
import { pooledRandomBytes } from '../safety/random-pool.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** How the audit is kept. */
export interface AuditOptions {
  /** Directory of the journal, for this process alone. `undefined`: none, for a database in memory. */
  readonly directory: string | undefined;
  /** How long records and events are kept, days. */
  readonly days: number;
  /** Whether probes are recorded. Default `true`; benchmarks compare. */
  readonly recordsProbes?: boolean;
}

export interface SafetySubsystem extends Subsystem {
  readonly switches: KillSwitches;
  readonly audit: AuditLog;
  readonly auditEvents: AuditEvents;
  /** Puts every safety rule in front of a prober. All probes of the controller pass through one. */
  readonly guarded: (prober: Prober) => Prober;
  /** For the engine: tells the safety rules which technique sends a probe. */
  readonly withTechnique: WithTechnique;
}

const DAY_MS = 86_400_000;
const FLUSH_MS = 2_000;

/** Opens the safety rules that every probe must pass, and the audit. The audit comes last: it records what the others let through. */
export async function openSafety({ database, clock, log }: Context, options: AuditOptions): Promise<SafetySubsystem> {
  const { directory, days, recordsProbes = true } = options;
  const keepMs = days * DAY_MS;
  const switches = await KillSwitches.open({ records: new KillSwitchRecords(database.db), clock });
  const journal = directory === undefined ? NO_JOURNAL : new FileJournal({ directory });
  const blocks = new AuditBlocks(database.db);
  const audit = new AuditLog({ flushMs: FLUSH_MS, keepMs }, { blocks, journal, clock, log });
  await audit.open();
  const auditEvents = new AuditEvents({ keepMs }, { records: new AuditEventRecords(database.db), clock, log });
  const guards: ProbeGuard[] = [switches];
  if (recordsProbes) guards.push(new AuditGuard({ audit, clock, log }));
  const onRefused: ConstructorParameters<typeof GuardedProber>[0]['onRefused'] = (request, error, cause) =>
    auditEvents.count({
      kind: 'probeRefused',
      userId: cause !== undefined && 'userId' in cause ? cause.userId : undefined,
      client: formatIpv4(request.sender),
      subject: formatIpv4(request.target),
      detail: `${error.code}: ${error.message}`,
    });
  return {
    name: 'safety',
    switches,
    audit,
    auditEvents,
    guarded: (prober) => new GuardedProber({ prober, guards, randomBytes: pooledRandomBytes, onRefused }),
    withTechnique,
    start: () => {
      audit.start();
      auditEvents.start();
    },
    stop: async () => {
      await auditEvents.stop();
      await audit.stop();
    },
  };
}
