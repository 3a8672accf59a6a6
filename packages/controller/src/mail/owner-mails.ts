import { formatIpv4 } from '@revtr/net';
import type { Application, Users } from '@revtr/storage';
import type { RegisteredAgent } from '../agents/directory.ts';
import type { OwnerNotices } from '../agents/owner-notices.ts';
import type { Report } from '../agents/report.ts';
import { clearedMail, type MailText, readyMail, refusedMail, replacedMail, reportMail } from './messages.ts';
import type { Outbox } from './outbox.ts';

/** Informs owners and applicants by mail. Agents without an owner belong to the operator, who reads the log instead. */
export class OwnerMails implements OwnerNotices {
  readonly #users: Users;
  readonly #outbox: Outbox;

  constructor(collaborators: { readonly users: Users; readonly outbox: Outbox }) {
    this.#users = collaborators.users;
    this.#outbox = collaborators.outbox;
  }

  async approved({ address, name, email, note }: Application, key: string): Promise<void> {
    await this.#outbox.add(email, clearedMail({ address, name, key, note }));
  }

  async refused(application: Application): Promise<void> {
    await this.#outbox.add(application.email, refusedMail(application));
  }

  async tested(agent: RegisteredAgent, report: Report, retestAt: Date | undefined): Promise<void> {
    await this.#mailOwner(agent, reportMail(formatIpv4(agent.address), report, retestAt));
  }

  async ready(agent: RegisteredAgent): Promise<void> {
    await this.#mailOwner(agent, readyMail(formatIpv4(agent.address)));
  }

  async identityReplaced(agent: RegisteredAgent): Promise<void> {
    await this.#mailOwner(agent, replacedMail(formatIpv4(agent.address)));
  }

  async #mailOwner(agent: RegisteredAgent, text: MailText): Promise<void> {
    const owner = agent.user_id === null ? undefined : await this.#users.find(agent.user_id);
    if (owner !== undefined) await this.#outbox.add(owner.email, text);
  }
}
