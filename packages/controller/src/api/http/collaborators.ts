import type { Clock, TargetPolicy } from '@revtr/probing';
import type {
  AbuseContacts,
  Accounts,
  AgentTests,
  ApiKeys,
  Applications,
  ArchiveRecords,
  Batches,
  ImportedResults,
  Mails,
  MeasurementFinder,
  OptOutRequests,
  OptOuts,
  ProbeSets,
  QueueState,
  SelfAudits,
  Sessions,
  Users,
  Watches,
  WatchHistory,
} from '@revtr/storage';
import type { AccountService } from '../../accounts/account-service.ts';
import type { AgentTesting } from '../../agents/agent-testing.ts';
import type { AgentDirectory } from '../../agents/directory.ts';
import type { SourceAccess } from '../../agents/source-access.ts';
import type { SourceApplications } from '../../agents/source-applications.ts';
import type { PublicArchive } from '../../archive/public-archive.ts';
import type { SourceAtlases } from '../../atlas/source-atlases.ts';
import type { AuditEvents } from '../../audit/audit-events.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { AddressFacts } from '../../facts/address-facts.ts';
import type { Datasets } from '../../facts/datasets.ts';
import type { LinkMails } from '../../mail/link-mails.ts';
import type { BatchEvents } from '../../measurements/batch-events.ts';
import type { Submission } from '../../measurements/submission.ts';
import type { WaitingTimes } from '../../measurements/waiting/waiting-times.ts';
import type { MeasuringSystem } from '../../measuring/measuring-system.ts';
import type { MigrationService } from '../../migration/migration-service.ts';
import type { ReadinessProbe } from '../../operations/readiness.ts';
import type { StateReader } from '../../operations/system-state.ts';
import type { OptOutService } from '../../opt-outs/opt-out-service.ts';
import type { ProbeIdentity } from '../../opt-outs/probe-identity.ts';
import type { PublishedOptOuts } from '../../opt-outs/published-opt-outs.ts';
import type { PictureService } from '../../pictures/picture-service.ts';
import type { ProbeEvents } from '../../probes/probe-events.ts';
import type { ProbeSubmission } from '../../probes/probe-submission.ts';
import type { PublicationService } from '../../publications/publication-service.ts';
import type { BudgetGuard } from '../../safety/budgets/budget-guard.ts';
import type { CircuitBreaker } from '../../safety/circuits/circuit-breaker.ts';
import type { KillSwitches } from '../../safety/kill-switches.ts';
import type { KindEvidenceKeeper } from '../../self-audit/kind-evidence-keeper.ts';
import type { WatchService } from '../../watches/watch-service.ts';
import type { Authenticator } from './authenticate.ts';
import type { Visitors } from './visitors.ts';

/** What the routes need. */
export interface ApiCollaborators {
  readonly authenticator: Authenticator;
  readonly visitors: Visitors;
  readonly audit: Pick<AuditLog, 'find'>;
  readonly auditEvents: AuditEvents;
  readonly users: Users;
  readonly keys: ApiKeys;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly accountService: AccountService;
  readonly sourceAccess: SourceAccess;
  readonly targetPolicy: TargetPolicy;
  readonly submission: Submission;
  readonly batches: Batches;
  readonly finder: MeasurementFinder;
  /** Cancels a batch. Returns how many measurements were in the queue. */
  readonly cancelBatch: (batchId: number) => Promise<number>;
  readonly publications: PublicationService;
  readonly pictures: PictureService;
  readonly probes: { readonly submission: ProbeSubmission; readonly sets: ProbeSets; readonly events: ProbeEvents };
  /** Absent where the public archive is switched off. */
  readonly archive: PublicArchive | undefined;
  readonly archiveRecords: ArchiveRecords;
  readonly importedResults: ImportedResults;
  readonly queue: QueueState;
  readonly waiting: Pick<WaitingTimes, 'of'>;
  readonly directory: AgentDirectory;
  readonly tests: AgentTests;
  readonly life: AgentTesting;
  readonly applications: { readonly table: Applications; readonly decisions: SourceApplications };
  readonly migration: MigrationService;
  readonly mails: Mails;
  readonly links: LinkMails;
  readonly optOuts: { readonly table: OptOuts; readonly published: PublishedOptOuts };
  readonly optOutService: OptOutService;
  readonly optOutRequests: OptOutRequests;
  readonly abuseContacts: AbuseContacts;
  readonly probeIdentity: ProbeIdentity;
  readonly switches: KillSwitches;
  readonly safety: { readonly budgets: BudgetGuard; readonly circuits: CircuitBreaker };
  readonly selfAudits: { readonly audits: SelfAudits; readonly keeper: KindEvidenceKeeper; readonly perDay: number };
  readonly watches: { readonly service: WatchService; readonly table: Watches; readonly history: WatchHistory };
  readonly state: Pick<StateReader, 'read'>;
  readonly readiness: Pick<ReadinessProbe, 'read'>;
  readonly atlas: SourceAtlases;
  readonly measuring: MeasuringSystem;
  /** Whether the atlases are kept by other processes. */
  readonly isCluster: boolean;
  readonly events: BatchEvents;
  readonly facts: AddressFacts;
  readonly datasets: Datasets;
  readonly clock: Clock;
  /** Address under which users reach the API; `undefined`: what their request says. */
  readonly publicUrl: string | undefined;
  /** Fires when the server stops: open streams end. */
  readonly stopping: AbortSignal;
}
