import { floorOf, recentClaim, recentShare } from '@revtr/engine';
import type { Users } from '@revtr/storage';
import type { Logger } from 'pino';
import type { KindEvent } from './kind-records.ts';

/** What a mail about a kind of hop says. Shares are from 0 to 1. */
export interface KindAlert {
  readonly type: KindEvent['type'];
  readonly kind: string;
  /** Share of recently audited hops that are right, with its 95 % interval. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** What the program claims, and the share below which a kind is suspended. */
  readonly claimed: number;
  readonly floor: number;
}

export interface OperatorAlertsCollaborators {
  readonly users: Pick<Users, 'list'>;
  /** Stores a mail for an operator. */
  readonly mail: (recipient: string, alert: KindAlert) => Promise<void>;
  readonly log: Logger;
}

/** Tells operators by log and mail what self-audits have shown about kinds of hops. */
export class OperatorAlerts {
  readonly #collaborators: OperatorAlertsCollaborators;

  constructor(collaborators: OperatorAlertsCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Resolves when the mails are stored. A mail that cannot be stored is logged: the audit itself is stored already. */
  async tell(events: readonly KindEvent[]): Promise<void> {
    const { log, mail } = this.#collaborators;
    for (const { type, kind, evidence } of events) {
      const alert = { type, kind, ...recentShare(evidence), claimed: recentClaim(evidence), floor: floorOf(evidence) };
      log.warn(alert, `self-audits: the kind of hop is ${type}`);
      try {
        for (const recipient of await this.#operators()) await mail(recipient, alert);
      } catch (error) {
        log.error({ err: error, kind }, 'operators could not be told about a kind of hop');
      }
    }
  }

  async #operators(): Promise<string[]> {
    const recipients: string[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const users = await this.#collaborators.users.list({ after });
      for (const { role, disabled_at, email } of users)
        if (role === 'operator' && disabled_at === null) recipients.push(email);
      after = users.at(-1)?.id;
    }
    return recipients;
  }
}
