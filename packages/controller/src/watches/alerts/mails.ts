import type { WatchRow } from '@revtr/storage';
import type { MailText } from '../../mail/messages.ts';
import { networksOf } from '../detection/compare.ts';
import type { Change, ChangeKind } from '../detection/detector.ts';
import type { Observation, Reach } from '../detection/observation.ts';
import { PAUSE_REASONS, type PauseReason } from './pause-reasons.ts';

interface Subject {
  readonly watch: Pick<WatchRow, 'id' | 'name' | 'source' | 'destination' | 'webhook_url'>;
  readonly at: number;
  readonly page: string | undefined;
}

const CHANGED: Readonly<Record<ChangeKind, string>> = {
  path: 'the routers',
  asPath: 'the networks',
  reach: 'whether the path can be measured to its end',
  rtt: 'the round-trip time',
};
const REACH: Readonly<Record<Reach, string>> = {
  reached: 'complete',
  throughNeighbour: 'the destination did not answer; measured through a neighbour',
  notReached: 'incomplete',
};

/** Tells the owner of a watch what has changed. */
export function changeMail({ watch, at, page }: Subject, { kinds, before, after }: Change): MailText {
  const { id, name, source, destination } = watch;
  // Other networks are other routers, too.
  const named = kinds.includes('asPath') ? kinds.filter((kind) => kind !== 'path') : kinds;
  const what = listOf(named.map((kind) => CHANGED[kind]));
  return {
    subject: `${nameOf(watch)}: the path has changed`,
    body: `The path from ${destination} back to ${source} has changed. A second measurement has confirmed it.

What changed: ${what}.
Confirmed:    ${new Date(at).toISOString()}

Before (last seen ${new Date(before.at).toISOString()})
${sideOf(before)}

After
${sideOf(after)}

Watch ${id} (${name}) sent this mail.${page === undefined ? '' : ` Its history: ${page}`}
${howToStop(id)}
`,
  };
}

/** Tells the owner that a watch is paused. */
export function pausedMail({ watch, page }: Subject, reason: PauseReason): MailText {
  const { id, name, source, destination } = watch;
  return {
    subject: `${nameOf(watch)} is paused`,
    body: `Watch ${id} (${name}) of the path from ${destination} back to ${source} is paused, because ${PAUSE_REASONS[reason]}.
It measures nothing until you resume it:

  revtr watch resume ${id}
${page === undefined ? '' : `\nIts history: ${page}\n`}`,
  };
}

/** Tells the owner that nothing is delivered to a webhook any more. */
export function webhookDisabledMail({ watch, page }: Subject, error: string): MailText {
  const { id, name, webhook_url } = watch;
  return {
    subject: `${nameOf(watch)}: the webhook is disabled`,
    body: `The webhook of watch ${id} (${name}) does not accept messages:

  ${webhook_url ?? ''}
  ${error}

No more messages are sent to it. The watch goes on measuring. When the webhook works again, send it a test message,
which enables it:

  revtr watch test ${id}
${page === undefined ? '' : `\nThe deliveries: ${page}\n`}`,
  };
}

const nameOf = ({ name }: Subject['watch']): string => `Reverse Traceroute: ${name}`;

const howToStop = (id: number): string => `To stop these mails, run "revtr watch change ${id} --no-mail".`;

const listOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;

function sideOf({ reach, through, rttMs, places }: Observation): string {
  const networks = networksOf(places).map((asn) => `AS${asn}`);
  const lines = [
    `  Path:     ${REACH[reach]}${through === undefined ? '' : ` (${through})`}`,
    `  RTT:      ${rttMs === undefined ? 'not known' : `${rttMs.toFixed(1)} ms`}`,
    `  Networks: ${networks.join(' ') || 'not known'}`,
    ...places.map(({ addresses, asn }) =>
      `    ${addresses[0].padEnd(15)} ${asn === undefined ? '' : `AS${asn}`}`.trimEnd(),
    ),
  ];
  return lines.join('\n');
}
