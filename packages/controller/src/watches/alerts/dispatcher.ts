import { type Clock, inParallel } from '@revtr/probing';
import type { AlertOutcome, Users, WatchAlertRow, WatchAlerts, Watches, WatchRow } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../../foundation/periodic.ts';
import type { MailText } from '../../mail/messages.ts';
import { WebhookError } from '../webhooks/errors.ts';
import type { WebhookSender } from '../webhooks/sender.ts';
import { webhookDisabledAlert } from './alert.ts';

export interface DispatcherCollaborators {
  readonly alerts: WatchAlerts;
  readonly watches: Watches;
  readonly users: Pick<Users, 'find'>;
  readonly sender: Pick<WebhookSender, 'send'>;
  /** Stores a mail for sending. */
  readonly mail: (recipient: string, text: MailText) => Promise<void>;
  readonly pageOf: (watchId: number) => string | undefined;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
}

const EVERY_MS = 2_000;
/** Messages of one round, which are sent side by side. */
const MOST_AT_ONCE = 50;
const MOST_OF_A_USER = 3;
const LEASE_MS = 60_000;
/** Pauses before a failed delivery is tried again, seconds: those that Standard Webhooks proposes, the first seven of them. */
const PAUSES_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400];
/** Part of a pause that is added at random, so that webhooks that failed together are not tried together. */
const JITTER = 0.1;
const GONE = 410;

/** Delivers messages about watches by mail and to webhooks. What cannot be delivered is tried again a few times. */
export class AlertDispatcher {
  readonly #collaborators: DispatcherCollaborators;
  readonly #sending: Periodic;
  readonly #stopping = new AbortController();

  constructor(collaborators: DispatcherCollaborators) {
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#sending = new Periodic(
      { everyMs: EVERY_MS, isImmediate: true },
      {
        clock,
        work: () => this.#deliverDue(),
        onError: (error) => log.error({ err: error }, 'alerts of watches could not be read from the database'),
      },
    );
  }

  start(): void {
    this.#sending.start();
  }

  /** Delivers what is due now instead of at the next look. */
  wake(): void {
    this.#sending.wake();
  }

  /** Ends deliveries under way; they are tried again after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sending.stop();
  }

  /**
   * Delivers one message now, and stores the outcome. `isTest`: it is not tried again, and enables the webhook when it succeeds. A delivery that
   * {@link stop} ends is no attempt: nothing is stored, and it is due again when the claim ends.
   */
  async deliver(alert: WatchAlertRow, { isTest }: { readonly isTest: boolean }): Promise<AlertOutcome> {
    const { watches, alerts, clock } = this.#collaborators;
    const watch = await watches.find(alert.watch_id);
    if (watch === undefined) return { state: 'dead' };
    const outcome = await this.#attempt(alert, watch, isTest);
    if (outcome === undefined) return { state: 'pending' };
    await alerts.attempted(alert.id, outcome, new Date(clock.now()));
    if (isTest && outcome.state === 'delivered' && watch.webhook_disabled_at !== null)
      await watches.change(watch, { webhookDisabledAt: null });
    if (!isTest && outcome.state === 'dead' && alert.channel === 'webhook' && watch.webhook_disabled_at === null)
      await this.#disable(watch, outcome.error ?? '');
    return outcome;
  }

  async #deliverDue(): Promise<void> {
    const { alerts, clock, log } = this.#collaborators;
    const now = clock.now();
    const due = await alerts.claimDue(new Date(now), {
      limit: MOST_AT_ONCE,
      perUser: MOST_OF_A_USER,
      leaseUntil: new Date(now + LEASE_MS),
    });
    await inParallel(due.length, MOST_AT_ONCE, async (i) => {
      if (this.#stopping.signal.aborted) return;
      try {
        await this.deliver(due[i], { isTest: false });
      } catch (error) {
        log.error({ err: error, alert: due[i].id }, 'an alert could not be delivered; the controller tries again');
      }
    });
    if (due.length >= MOST_OF_A_USER) this.wake();
  }

  /** How an attempt ended; `undefined` when the stop has ended it. */
  async #attempt(alert: WatchAlertRow, watch: WatchRow, isTest: boolean): Promise<AlertOutcome | undefined> {
    if (alert.channel === 'mail') return this.#mail(alert, watch);
    const { webhook_url: url, webhook_secret: secret } = watch;
    if (url === null || secret === null) return { state: 'dead', error: 'the watch has no webhook any more' };
    if (watch.webhook_disabled_at !== null && !isTest) return { state: 'dead', error: 'the webhook is disabled' };
    const { sender, log } = this.#collaborators;
    try {
      const message = { url, secret, id: alert.message_id, body: alert.body };
      const status = await sender.send(message, this.#stopping.signal);
      if (status >= 200 && status < 300) return { state: 'delivered', status };
      const error = `the webhook answered with status ${status}`;
      return status === GONE || isTest ? { state: 'dead', status, error } : this.#later(alert, { status, error });
    } catch (error) {
      if (!(error instanceof WebhookError)) throw error;
      if (this.#stopping.signal.aborted && !isTest) return undefined;
      log.debug({ watch: watch.id, code: error.code }, 'a webhook did not accept a message');
      return isTest ? { state: 'dead', error: error.message } : this.#later(alert, { error: error.message });
    }
  }

  async #mail({ subject, body }: WatchAlertRow, { user_id }: WatchRow): Promise<AlertOutcome> {
    const { users, mail } = this.#collaborators;
    const user = await users.find(user_id);
    if (user === undefined || user.deleted_at !== null) return { state: 'dead', error: 'the account was deleted' };
    await mail(user.email, { subject, body });
    return { state: 'delivered' };
  }

  #later({ attempts }: WatchAlertRow, outcome: Omit<AlertOutcome, 'state'>): AlertOutcome {
    const { clock, random } = this.#collaborators;
    const pause = PAUSES_S[attempts];
    if (pause === undefined) return { ...outcome, state: 'dead' };
    const pauseMs = pause * 1000 * (1 + JITTER * random());
    return { ...outcome, state: 'pending', nextAttemptAt: new Date(clock.now() + pauseMs) };
  }

  async #disable(watch: WatchRow, error: string): Promise<void> {
    const { watches, alerts, pageOf, clock, log } = this.#collaborators;
    const at = clock.now();
    const now = new Date(at);
    await watches.change(watch, { webhookDisabledAt: now });
    await alerts.abandonWebhook(watch.id, 'the webhook is disabled', now);
    await alerts.add(watch.id, [webhookDisabledAlert({ watch, at, page: pageOf(watch.id) }, error)], now);
    log.info({ watch: watch.id }, 'a webhook is disabled, because it does not accept messages');
  }
}
