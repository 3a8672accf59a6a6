import { randomUUID } from 'node:crypto';
import type { NewWatchAlert, WatchRow } from '@revtr/storage';
import type { MailText } from '../../mail/messages.ts';
import { networksOf } from '../detection/compare.ts';
import type { Change, ChangeKind } from '../detection/detector.ts';
import type { Observation } from '../detection/observation.ts';
import { changeMail, pausedMail, webhookDisabledMail } from './mails.ts';
import type { PauseReason } from './pause-reasons.ts';

/** What every message about a watch says. */
interface Subject {
  readonly watch: WatchRow;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Address of the page of the watch; `undefined` when the address of the web interface is not known. */
  readonly page: string | undefined;
}

/** A confirmed change, and the measurement of the run that confirmed it. */
export interface ConfirmedChange extends Change {
  readonly measurementId: number | null;
}

/** The messages about a change, by the channels of the watch. None when the watch does not ask for this kind of change. */
export function changeAlerts(
  subject: Subject,
  change: ConfirmedChange,
  alertOn: readonly ChangeKind[],
): NewWatchAlert[] {
  if (!change.kinds.some((kind) => alertOn.includes(kind))) return [];
  const data = {
    kinds: change.kinds,
    runId: change.after.run,
    ...(change.measurementId !== null && { measurementId: change.measurementId }),
    before: sideOf(change.before),
    after: sideOf(change.after),
  };
  return alertsOf(subject, 'watch.changed', data, changeMail(subject, change));
}

/** The messages that a watch was paused, by the channels of the watch. */
export function pausedAlerts(subject: Subject, reason: PauseReason): NewWatchAlert[] {
  return alertsOf(subject, 'watch.paused', { reason }, pausedMail(subject, reason));
}

/** The message that shows whether the webhook works. */
export function testAlert(subject: Subject): NewWatchAlert {
  return webhookAlert(subject, 'watch.test', {});
}

/** The mail that nothing is delivered to the webhook any more. */
export function webhookDisabledAlert(subject: Subject, error: string): NewWatchAlert {
  return mailAlert('watch.webhookDisabled', webhookDisabledMail(subject, error));
}

function alertsOf(subject: Subject, type: string, data: object, mail: MailText): NewWatchAlert[] {
  const { alert_mail, webhook_url, webhook_disabled_at } = subject.watch;
  return [
    ...(alert_mail ? [mailAlert(type, mail)] : []),
    ...(webhook_url !== null && webhook_disabled_at === null ? [webhookAlert(subject, type, data)] : []),
  ];
}

const messageId = (): string => `msg_${randomUUID().replaceAll('-', '')}`;

function mailAlert(type: string, { subject, body }: MailText): NewWatchAlert {
  return { channel: 'mail', type, messageId: messageId(), subject, body };
}

/** The payload has the form that Standard Webhooks recommends: type, timestamp, data. */
function webhookAlert({ watch, at, page }: Subject, type: string, data: object): NewWatchAlert {
  const { id, name, source, destination } = watch;
  const body = {
    type,
    timestamp: new Date(at).toISOString(),
    data: { watch: { id, name, source, destination, ...(page !== undefined && { page }) }, ...data },
  };
  return { channel: 'webhook', type, messageId: messageId(), subject: '', body: JSON.stringify(body) };
}

/** One side of a change, as webhooks and the API show it. */
export function sideOf({ at, reach, through, rttMs, places }: Observation) {
  return {
    at: new Date(at).toISOString(),
    reach,
    ...(through !== undefined && { through }),
    ...(rttMs !== undefined && { rttMs }),
    asPath: networksOf(places),
    hops: places.map(({ addresses: [address, ...alternatives], asn }) => ({
      address,
      ...(alternatives.length > 0 && { alternatives }),
      ...(asn !== undefined && { asn }),
    })),
  };
}
