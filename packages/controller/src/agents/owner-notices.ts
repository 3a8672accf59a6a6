import type { Application } from '@revtr/storage';
import type { RegisteredAgent } from './directory.ts';
import type { Report } from './report.ts';

/** What the owners of agents and applicants are told. Every method resolves when the notice is stored durably. */
export interface OwnerNotices {
  /** An application was approved; `key` is the applicant's new API key. */
  approved(application: Application, key: string): Promise<void>;
  refused(application: Application): Promise<void>;
  /** An agent was tested. `retestAt` is when a quarantined agent is tested again. */
  tested(agent: RegisteredAgent, report: Report, retestAt: Date | undefined): Promise<void>;
  /** A source is ready: it passed its tests and its atlas was measured. */
  ready(agent: RegisteredAgent): Promise<void>;
  /** An agent was given a new certificate in place of the one it had. */
  identityReplaced(agent: RegisteredAgent): Promise<void>;
}
