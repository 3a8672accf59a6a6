import { formatIpv4 } from '@revtr/net';
import type { Application, User, Users } from '@revtr/storage';
import type { RegisteredAgent } from '../agents/directory.ts';
import type { OwnerNotices } from '../agents/owner-notices.ts';
import type { Report } from '../agents/report.ts';
import type { LinkMails } from './link-mails.ts';
import {
  applyWithKeyMail,
  clearedMail,
  type MailText,
  readyMail,
  refusedMail,
  replacedMail,
  reportMail,
  verifyMail,
} from './messages.ts';
import type { Outbox } from './outbox.ts';

/** Informs owners and applicants by mail. Agents without an owner belong to the operator, who reads the log instead. */
export class OwnerMails implements OwnerNotices {
  readonly #users: Users;
  readonly #outbox: Outbox;
  readonly #links: LinkMails;

  constructor(collaborators: { readonly users: Users; readonly outbox: Outbox; readonly links: LinkMails }) {
    this.#users = collaborators.users;
    this.#outbox = collaborators.outbox;
    this.#links = collaborators.links;
  }

  async applied(application: Application, isAccount: boolean): Promise<void> {
    const { id, email, name } = application;
    if (isAccount) await this.#outbox.add(email, applyWithKeyMail(application));
    else
      await this.#links.send({ purpose: 'verifyApplication', email, name, applicationId: id }, (howTo) =>
        verifyMail(application, howTo),
      );
  }

  async approved(application: Application, owner: User, isNewOwner: boolean): Promise<void> {
    const { email, name } = owner;
    if (isNewOwner)
      await this.#links.send({ purpose: 'collectKey', email, name, userId: owner.id }, (howTo) =>
        clearedMail(application, howTo),
      );
    else await this.#outbox.add(email, clearedMail(application, undefined));
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
