import type { Application, User } from '@revtr/storage';
import type { RegisteredAgent } from './directory.ts';
import type { Report } from './report.ts';

/** What the owners of agents and applicants are told. Every method resolves when the notice is stored durably. */
export interface OwnerNotices {
  /**
   * Somebody applied without a key. A person without an account is asked to confirm the e-mail address; the owner of an account
   * (`isAccount`) to apply with a key.
   */
  applied(application: Application, isAccount: boolean): Promise<void>;
  /** An application was approved. A new owner collects the first API key; another one has keys. */
  approved(application: Application, owner: User, isNewOwner: boolean): Promise<void>;
  refused(application: Application): Promise<void>;
  /** An agent was tested. `retestAt` is when a quarantined agent is tested again. */
  tested(agent: RegisteredAgent, report: Report, retestAt: Date | undefined): Promise<void>;
  /** A source is ready: it passed its tests and its atlas was measured. */
  ready(agent: RegisteredAgent): Promise<void>;
  /** An agent was given a new certificate in place of the one it had. */
  identityReplaced(agent: RegisteredAgent): Promise<void>;
}
