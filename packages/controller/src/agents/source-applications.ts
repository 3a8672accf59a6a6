import { formatIpv4, parseIpv4, tryParseIpv4 } from '@revtr/net';
import type { Clock, TargetPolicy } from '@revtr/probing';
import type { Application, Applications, ApprovalRefusal, User, Users } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';
import { ipv6Refusal, isIpv6 } from '../foundation/ipv6.ts';
import type { RecipientLimit } from '../foundation/recipient-limit.ts';
import type { AgentDirectory } from './directory.ts';
import type { OwnerNotices } from './owner-notices.ts';
import { toUserColumns, type UserLimits } from './user-limits.ts';

/** Applications of one user that wait for a decision. */
const MOST_PENDING = 20;

/** What somebody states who wants to host a source. */
export interface SourceRequest {
  /** Dotted quad. */
  readonly address: string;
  readonly hosting: string;
  readonly reason: string;
  /** Name and e-mail address; an applicant with a key may leave them out. */
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** Whether an operator wants the applicant to confirm the e-mail address with a mailed link, and does not vouch. Default false. */
  readonly confirmEmail?: boolean | undefined;
}

/**
 * Takes applications for sources, and carries out what the operator decides about them.
 *
 * An application counts when it is known who sent it: a user with a key, an operator who vouches for the applicant, or a person who
 * has opened the link that was mailed. Approving an application neither changes an existing account nor gives it a key.
 */
export class SourceApplications {
  readonly #limits: UserLimits;
  readonly #applications: Applications;
  readonly #users: Users;
  readonly #directory: AgentDirectory;
  readonly #notices: OwnerNotices;
  readonly #recipients: RecipientLimit;
  readonly #targetPolicy: TargetPolicy;
  readonly #clock: Clock;

  constructor(
    options: { readonly limits: UserLimits },
    collaborators: {
      readonly applications: Applications;
      readonly users: Users;
      readonly directory: AgentDirectory;
      readonly notices: OwnerNotices;
      readonly recipients: RecipientLimit;
      readonly targetPolicy: TargetPolicy;
      readonly clock: Clock;
    },
  ) {
    this.#limits = options.limits;
    this.#applications = collaborators.applications;
    this.#users = collaborators.users;
    this.#directory = collaborators.directory;
    this.#notices = collaborators.notices;
    this.#recipients = collaborators.recipients;
    this.#clock = collaborators.clock;
    this.#targetPolicy = collaborators.targetPolicy;
  }

  /**
   * Stores an application. Without an applicant who is authenticated it stays `unverified` until the mailed link is opened; the answer
   * does not say whether the e-mail address has an account.
   * @throws {ControllerError} `badRequest` for an address that cannot be a source, or without name and e-mail address; `conflict`;
   * `forbidden` for `confirmEmail` by a user who is no operator; `tooManyRequests`
   */
  async apply(request: SourceRequest, applicant: User | undefined): Promise<Application> {
    const address = this.#checkedAddress(request.address);
    const { hosting, reason } = request;
    if (request.confirmEmail === true && applicant?.role !== 'operator')
      throw new ControllerError('forbidden', 'only operators may enter the application of another person');
    if (applicant !== undefined && request.confirmEmail !== true) {
      if (applicant.role !== 'operator' && (await this.#applications.countPending(applicant.id)) >= MOST_PENDING)
        throw new ControllerError('conflict', `${MOST_PENDING} of your applications are pending, the most allowed`);
      const { owner, ...person } = await this.#personOf(request, applicant);
      const added = await this.#applications.add({ address, hosting, reason, ...person }, owner);
      if (added === undefined)
        throw new ControllerError('conflict', `an application for ${address} is already pending`);
      return added;
    }
    const { name, email } = request;
    if (name === undefined || email === undefined)
      throw new ControllerError(
        'badRequest',
        'an application of a person without an API key needs a name and an e-mail address',
        {
          places: [{ at: name === undefined ? 'name' : 'email', code: 'required', message: 'is missing' }],
        },
      );
    this.#recipients.count(email);
    const application = await this.#applications.addUnverified(
      { address, hosting, reason, name, email: email.toLowerCase() },
      this.#now(),
    );
    await this.#notices.applied(application, (await this.#users.findByEmail(email)) !== undefined);
    return application;
  }

  /** Makes an application pending whose e-mail address is verified. @throws {ControllerError} `conflict` */
  async verify(id: number): Promise<Application> {
    const verified = await this.#applications.verify(id);
    if (verified === undefined)
      throw new ControllerError('conflict', 'another application for this address is pending, or this one has expired');
    return verified;
  }

  /**
   * Authorises the address for the account that applied, or for a new account whose owner is mailed a link to the first key.
   * @throws {ControllerError} `notFound`; `conflict` when the application is not pending, when its address is registered by now, or when
   * the e-mail address of an applicant without a key has an account
   */
  async approve(id: number, operator: User, note: string): Promise<Application> {
    const outcome = await this.#applications.approve(
      id,
      { note, by: operator.id, at: this.#now() },
      toUserColumns(this.#limits),
    );
    if (typeof outcome === 'string') throw await this.#refusalOf(id, outcome);
    const { application, owner, isNewOwner } = outcome;
    await this.#directory.reload(parseIpv4(application.address));
    await this.#notices.approved(application, owner, isNewOwner);
    return application;
  }

  /** Turns an applicant down. @throws {ControllerError} `notFound`, `conflict` */
  async refuse(id: number, operator: User, note: string): Promise<Application> {
    const decision = { state: 'refused', note, by: operator.id, at: this.#now() } as const;
    const application = await this.#applications.decide(id, decision);
    if (application === undefined) throw await this.#refusalOf(id, 'notPending');
    await this.#notices.refused(application);
    return application;
  }

  #checkedAddress(text: string): string {
    const address = tryParseIpv4(text);
    const refusal =
      address === undefined ? `'${text}' is not an IPv4 address` : this.#targetPolicy.refuse(address)?.message;
    if (address === undefined || refusal !== undefined) {
      const { code, message } = isIpv6(text) ? ipv6Refusal(text) : { code: 'badAddress', message: refusal ?? '' };
      const places = [{ at: 'address', code, message }];
      throw new ControllerError('badRequest', `the address cannot be a source: ${message}`, { places });
    }
    if (this.#directory.findRegistered(address) !== undefined)
      throw new ControllerError('conflict', `${text} is already registered`);
    return formatIpv4(address);
  }

  /** Who will own the source: the applicant, or the person an operator vouches for, who may have an account. */
  async #personOf(
    { name, email }: SourceRequest,
    applicant: User,
  ): Promise<{ readonly name: string; readonly email: string; readonly owner: number | null }> {
    if (email === undefined || email.toLowerCase() === applicant.email.toLowerCase())
      return { name: name ?? applicant.name, email: applicant.email, owner: applicant.id };
    if (applicant.role !== 'operator') {
      const message = `must be the address of your account, ${applicant.email}`;
      throw new ControllerError('badRequest', `the e-mail address ${message}`, {
        places: [{ at: 'email', code: 'notYours', message }],
      });
    }
    const owner = await this.#users.findByEmail(email);
    return { name: name ?? owner?.name ?? email, email: email.toLowerCase(), owner: owner?.id ?? null };
  }

  async #refusalOf(id: number, refusal: ApprovalRefusal): Promise<ControllerError> {
    const application = await this.#applications.find(id);
    if (application === undefined) return new ControllerError('notFound', `there is no application ${id}`);
    const { address, email, state } = application;
    if (refusal === 'addressRegistered')
      return new ControllerError('conflict', `${address} was registered after this application; refuse it`);
    if (refusal === 'accountExists')
      return new ControllerError(
        'conflict',
        `${email} has an account: its owner must apply with an API key, or an operator with their own key`,
      );
    const problem = state === 'unverified' ? 'not verified by its applicant yet' : `already ${state}`;
    return new ControllerError('conflict', `application ${id} is ${problem}`);
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
