import type { Clock } from '@revtr/probing';
import type { AlertOutcome, User, WatchAlerts, WatchChange, Watches, WatchRow } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';
import type { Submission } from '../measurements/submission.ts';
import { testAlert } from './alerts/alert.ts';
import type { AlertDispatcher } from './alerts/dispatcher.ts';
import type { ChangeKind } from './detection/detector.ts';
import type { WatchOwners } from './owners.ts';
import type { WatchSettings } from './settings.ts';
import { WebhookError } from './webhooks/errors.ts';
import { generateWebhookSecret } from './webhooks/signature.ts';
import { parseWebhookUrl } from './webhooks/target.ts';

/** Who asks: a user, and the key of the request. */
export interface WatchCaller {
  readonly user: User;
  readonly keyId: number | null;
}

/** Who is told of what. */
interface AlertRequest {
  readonly on: readonly ChangeKind[];
  readonly mail: boolean;
  /** URL, or null for no webhook. */
  readonly webhook: string | null;
}

/** A watch to create. `destination`: address or host name, which is resolved once. */
export interface WatchRequest {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly intervalSeconds: number;
  readonly alerts: AlertRequest;
}

/** What a user changes about a watch. */
export interface WatchChangeRequest {
  readonly name?: string | undefined;
  readonly intervalSeconds?: number | undefined;
  readonly isPaused?: boolean | undefined;
  readonly alerts?: Partial<AlertRequest> | undefined;
}

/** A watch, and the secret of its webhook if it is new. */
export interface ChangedWatch {
  readonly watch: WatchRow;
  readonly secret: string | undefined;
}

export interface WatchServiceCollaborators {
  readonly watches: Watches;
  readonly alerts: WatchAlerts;
  readonly submission: Pick<Submission, 'check'>;
  readonly owners: WatchOwners;
  readonly dispatcher: Pick<AlertDispatcher, 'deliver'>;
  readonly pageOf: (watchId: number) => string | undefined;
  readonly clock: Clock;
}

/** Creates and changes watches for users, within their limits. */
export class WatchService {
  readonly #settings: WatchSettings;
  readonly #collaborators: WatchServiceCollaborators;

  constructor(settings: WatchSettings, collaborators: WatchServiceCollaborators) {
    this.#settings = settings;
    this.#collaborators = collaborators;
  }

  /**
   * Creates a watch, whose first run is due at once.
   * @throws {ControllerError} `invalidPairs`, `badRequest` for a bad webhook, `conflict` when a limit of the user is reached
   */
  async create(caller: WatchCaller, request: WatchRequest): Promise<ChangedWatch> {
    const { watches, submission, clock } = this.#collaborators;
    const { name, source, destination, intervalSeconds, alerts } = request;
    const webhook = alerts.webhook === null ? null : this.#webhook(alerts.webhook);
    const limits = this.#limitsOf(caller.user);
    // A name is not resolved for a watch that the user's limits do not allow.
    const refusal = await watches.exceeded({ user_id: caller.user.id, intervalSeconds }, limits);
    if (refusal !== undefined) throw this.#refusal(refusal, caller.user);
    const pair = await submission.check(await this.#runsAs(caller), { source, destination, label: '', options: {} });
    const created = await watches.create(
      {
        ...{ user_id: caller.user.id, key_id: caller.keyId, name, intervalSeconds },
        source: pair.source,
        destination: pair.destination,
        alertOn: alerts.on,
        alertMail: alerts.mail,
        webhook,
      },
      limits,
      new Date(clock.now()),
    );
    if (typeof created === 'string') throw this.#refusal(created, caller.user);
    return { watch: created, secret: webhook?.secret };
  }

  /** A watch, for its owner or an operator. @throws {ControllerError} `notFound`, for everybody else too */
  async find(user: User, id: number): Promise<WatchRow> {
    const watch = await this.#collaborators.watches.find(id);
    if (watch === undefined || (watch.user_id !== user.id && user.role !== 'operator')) throw noWatch(id);
    return watch;
  }

  /** A watch, for its owner. @throws {ControllerError} `notFound` */
  async findOwn(user: User, id: number): Promise<WatchRow> {
    const watch = await this.find(user, id);
    if (watch.user_id !== user.id) throw noWatch(id);
    return watch;
  }

  /**
   * Changes a watch of the caller. A watch that is resumed runs at once, with the key of the caller.
   * @throws {ControllerError} `notFound`, `invalidPairs`, `badRequest`, `conflict`
   */
  async change(caller: WatchCaller, id: number, request: WatchChangeRequest): Promise<ChangedWatch> {
    const { watches, submission, clock } = this.#collaborators;
    const watch = await this.findOwn(caller.user, id);
    const { name, intervalSeconds, isPaused, alerts = {} } = request;
    const isResumed = isPaused === false && watch.state === 'paused';
    if (isResumed) {
      const { source, destination } = watch;
      await submission.check(await this.#runsAs(caller), { source, destination, label: '', options: {} });
    }
    const webhook = typeof alerts.webhook === 'string' ? this.#webhook(alerts.webhook) : alerts.webhook;
    const isSooner = intervalSeconds !== undefined && intervalSeconds < watch.interval_seconds;
    const change: WatchChange = {
      ...(name !== undefined && { name }),
      ...(intervalSeconds !== undefined && { intervalSeconds }),
      ...(alerts.on !== undefined && { alertOn: alerts.on }),
      ...(alerts.mail !== undefined && { alertMail: alerts.mail }),
      ...(webhook !== undefined && { webhook }),
      ...(isPaused === true && watch.state === 'active' && { pauseReason: 'byUser' }),
      ...(isResumed && { pauseReason: null, keyId: caller.keyId }),
      ...((isResumed || isSooner) && { nextRunAt: new Date(clock.now()) }),
    };
    const changed = await watches.change(watch, change, this.#limitsOf(caller.user));
    if (changed === undefined) throw noWatch(id);
    if (changed === 'tooOften') throw this.#refusal(changed, caller.user);
    return { watch: changed, secret: webhook?.secret };
  }

  /** Deletes a watch of the user with its history. @throws {ControllerError} `notFound` */
  async delete(user: User, id: number): Promise<WatchRow> {
    const watch = await this.findOwn(user, id);
    await this.#collaborators.watches.delete(watch.id);
    return watch;
  }

  /** Sends a test message to the webhook of a watch, once. @throws {ControllerError} `notFound`, `conflict` without a webhook */
  async test(user: User, id: number): Promise<AlertOutcome> {
    const { alerts, dispatcher, pageOf, clock } = this.#collaborators;
    const watch = await this.findOwn(user, id);
    if (watch.webhook_url === null) throw new ControllerError('conflict', `watch ${id} has no webhook`);
    const at = clock.now();
    // Stored as if it were due later: the dispatcher must not send it as well.
    const [alertId] = await alerts.add(
      watch.id,
      [testAlert({ watch, at, page: pageOf(watch.id) })],
      new Date(at + TEST_MS),
    );
    const alert = await alerts.find(alertId);
    if (alert === undefined) throw noWatch(id);
    return dispatcher.deliver(alert, { isTest: true });
  }

  /** The user as whom the runs are submitted, who may have fewer rights than the request. */
  async #runsAs({ user, keyId }: WatchCaller): Promise<User> {
    const owner = await this.#collaborators.owners.of({ user_id: user.id, key_id: keyId });
    if ('pause' in owner) throw new ControllerError('unauthorized', 'the API key is not known');
    return owner.user;
  }

  #webhook(text: string): { readonly url: string; readonly secret: string } {
    try {
      const { href } = parseWebhookUrl(text, { allowsInternal: this.#settings.allowsInternalWebhooks });
      return { url: href, secret: generateWebhookSecret() };
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error;
      const { code, message } = error;
      throw new ControllerError('badRequest', `the webhook cannot be used: ${message}`, {
        places: [{ at: 'alerts.webhook', code, message }],
      });
    }
  }

  #limitsOf({ max_per_day }: User) {
    return { most: this.#settings.perUser, runsPerDay: max_per_day };
  }

  #refusal(refusal: 'tooMany' | 'tooOften', { max_per_day }: User): ControllerError {
    return new ControllerError(
      'conflict',
      refusal === 'tooMany'
        ? `you have ${this.#settings.perUser} watches, the most allowed: delete one`
        : `your watches would measure more than the ${max_per_day} times a day that your account allows: choose a longer interval, or pause a watch`,
    );
  }
}

/** A test message is delivered by the request that asks for it. */
const TEST_MS = 60_000;

const noWatch = (id: number): ControllerError => new ControllerError('notFound', `there is no watch ${id}`);
