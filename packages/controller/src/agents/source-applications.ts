import { formatIpv4, parseIpv4, tryParseIpv4 } from '@revtr/net';
import type { Clock, TargetPolicy } from '@revtr/probing';
import {
  type Application,
  type Applications,
  generateApiKey,
  hashApiKey,
  type NewApplication,
  type User,
  type Users,
} from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';
import type { AgentDirectory } from './directory.ts';
import type { OwnerNotices } from './owner-notices.ts';
import { toUserColumns, type UserLimits } from './user-limits.ts';

/** Takes applications for sources, and carries out what the operator decides about them. */
export class SourceApplications {
  readonly #limits: UserLimits;
  readonly #applications: Applications;
  readonly #users: Users;
  readonly #directory: AgentDirectory;
  readonly #notices: OwnerNotices;
  readonly #targetPolicy: TargetPolicy;
  readonly #clock: Clock;

  constructor(
    options: { readonly limits: UserLimits },
    collaborators: {
      readonly applications: Applications;
      readonly users: Users;
      readonly directory: AgentDirectory;
      readonly notices: OwnerNotices;
      readonly targetPolicy: TargetPolicy;
      readonly clock: Clock;
    },
  ) {
    this.#limits = options.limits;
    this.#applications = collaborators.applications;
    this.#users = collaborators.users;
    this.#directory = collaborators.directory;
    this.#notices = collaborators.notices;
    this.#clock = collaborators.clock;
    this.#targetPolicy = collaborators.targetPolicy;
  }

  /** Stores an application. @throws {ControllerError} `badRequest` for an address that cannot be a source, `conflict` */
  async apply(application: NewApplication): Promise<Application> {
    const address = tryParseIpv4(application.address);
    const refusal =
      address === undefined
        ? `'${application.address}' is not an IPv4 address`
        : this.#targetPolicy.refuse(address)?.message;
    if (address === undefined || refusal !== undefined) {
      const message = refusal ?? '';
      const places = [{ at: 'address', code: 'badAddress', message }];
      throw new ControllerError('badRequest', `the address cannot be a source: ${message}`, { places });
    }
    if (this.#directory.findRegistered(address) !== undefined)
      throw new ControllerError('conflict', `${application.address} is already registered`);
    const added = await this.#applications.add({ ...application, address: formatIpv4(address) });
    if (added === undefined)
      throw new ControllerError('conflict', `an application for ${application.address} is already pending`);
    return added;
  }

  /** Authorises the address and mails the applicant a key. @throws {ControllerError} `notFound`, `conflict` */
  async approve(id: number, operator: User, note: string): Promise<Application> {
    const application = await this.#decide(id, operator, 'approved', note);
    const { address, name, email, hosting } = application;
    const user = await this.#users.ensure({
      name,
      email,
      role: 'user',
      ...toUserColumns(this.#limits),
    });
    await this.#directory.put({
      address: parseIpv4(address),
      kind: 'source',
      hostname: address,
      site: hosting.slice(0, 200),
      user_id: user.id,
      state: 'expected',
    });
    const key = generateApiKey();
    await this.#users.addKey(user.id, hashApiKey(key));
    await this.#notices.approved(application, key);
    return application;
  }

  /** Turns an applicant down. @throws {ControllerError} `notFound`, `conflict` */
  async refuse(id: number, operator: User, note: string): Promise<Application> {
    const application = await this.#decide(id, operator, 'refused', note);
    await this.#notices.refused(application);
    return application;
  }

  async #decide(id: number, operator: User, state: 'approved' | 'refused', note: string): Promise<Application> {
    const decided = await this.#applications.decide(id, {
      state,
      note,
      by: operator.id,
      at: new Date(this.#clock.now()),
    });
    if (decided !== undefined) return decided;
    const application = await this.#applications.find(id);
    if (application === undefined) throw new ControllerError('notFound', `there is no application ${id}`);
    throw new ControllerError('conflict', `application ${id} is already ${application.state}`);
  }
}
