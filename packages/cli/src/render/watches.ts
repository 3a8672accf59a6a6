import type { Watch, WatchAlert, WatchChange, WatchDelivery, WatchRun } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { table } from './layout/table.ts';

/** A watch with what it has recorded, newest first. */
export interface ShownHistory {
  readonly watch: Watch;
  readonly runs: readonly WatchRun[];
  readonly changes: readonly WatchChange[];
  readonly alerts: readonly WatchAlert[];
}

const REASONS: Readonly<Record<NonNullable<Watch['pauseReason']>, string>> = {
  byUser: 'by you',
  userDisabled: 'your account is disabled',
  keyRevoked: 'its API key was revoked',
  keyExpired: 'its API key has expired',
  sourceRemoved: 'its source was withdrawn',
  sourceNotPermitted: 'you may not measure to its source any more',
  destinationRefused: 'its destination may not be probed',
};
const REACH: Readonly<Record<NonNullable<WatchRun['reach']>, string>> = {
  reached: 'complete',
  throughNeighbour: 'through a neighbour',
  notReached: 'incomplete',
};
const KINDS: Readonly<Record<WatchChange['kinds'][number], string>> = {
  path: 'routers',
  asPath: 'networks',
  reach: 'reach',
  rtt: 'round-trip time',
};
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const NOTHING_MEASURED = '·';
const UNCONFIRMED = '?';
const INCOMPLETE = '!';

/** Watches as a table. */
export function renderWatches(watches: readonly Watch[], screen: Screen): string {
  if (watches.length === 0) return 'no watch\n';
  return table<Watch>(
    [
      { head: 'ID', align: 'right', cell: ({ id }) => String(id) },
      { head: 'DESTINATION', cell: ({ destination }) => destination },
      { head: 'SOURCE', cell: ({ source }) => source },
      { head: 'EVERY', align: 'right', cell: ({ intervalSeconds }) => durationOf(intervalSeconds) },
      { head: 'STATE', least: 8, cell: stateOf },
      { head: 'NAME', least: 8, cell: ({ name }) => name },
    ],
    watches,
    screen,
  );
}

/** A watch, with the secret of its webhook when it is new. */
export function renderWatch(watch: Watch): string {
  const { id, name, source, destination, intervalSeconds, alerts, webhookSecret } = watch;
  const lines = [
    `watch ${id} (${name}): the path from ${destination} back to ${source}, every ${durationOf(intervalSeconds)}, ${stateOf(watch)}`,
    `alerts: ${channelsOf(alerts)}`,
    ...(alerts.webhookDisabledAt === undefined
      ? []
      : [`the webhook is disabled since ${alerts.webhookDisabledAt}, because it failed: revtr watch test ${id}`]),
    ...(webhookSecret === undefined ? [] : [`secret of the webhook, shown this once: ${webhookSecret}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** A watch with a strip of its runs, its latest changes and alerts. */
export function renderHistory({ watch, runs, changes, alerts }: ShownHistory): string {
  const oldestFirst = [...runs].reverse();
  const strip = oldestFirst.map(symbolOf).join('');
  const [last] = runs;
  return [
    renderWatch(watch),
    runs.length === 0 ? 'no run yet\n' : `\n${strip}\n`,
    runs.length === 0 ? '' : legendOf(strip, last?.outcome === 'running'),
    last === undefined ? '' : `last run: ${describeRun(last)}\n`,
    changes.length === 0 ? 'no change\n' : `\nchanges, newest first:\n${changes.map(renderChange).join('')}`,
    alerts.length === 0 ? '' : `\nalerts, newest first:\n${alerts.map(renderAlert).join('')}`,
  ].join('');
}

/** How a test delivery ended. */
export function renderDelivery({ delivered, status, error }: WatchDelivery): string {
  const answer = status === undefined ? '' : ` (status ${status})`;
  return delivered
    ? `the webhook took the message${answer}\n`
    : `the webhook did not take the message: ${error ?? ''}\n`;
}

/** One letter for each path, from A; the letters begin again after Z. */
const letterOf = (path: number): string => LETTERS[(path - 1) % LETTERS.length] ?? UNCONFIRMED;

function symbolOf({ outcome, path, reach }: WatchRun): string {
  if (outcome !== 'measured') return NOTHING_MEASURED;
  if (reach === 'notReached') return INCOMPLETE;
  return path === undefined ? UNCONFIRMED : letterOf(path);
}

function legendOf(strip: string, isRunning: boolean): string {
  const meanings: readonly (readonly [string, string])[] = [
    [UNCONFIRMED, 'another path, not confirmed'],
    [INCOMPLETE, 'incomplete'],
    [NOTHING_MEASURED, isRunning ? 'not measured, or not yet' : 'not measured'],
  ];
  const used = meanings.filter(([symbol]) => strip.includes(symbol)).map(([symbol, meaning]) => `${symbol} ${meaning}`);
  return `${['one letter for each path', ...used].join('; ')}\n`;
}

function describeRun({ startedAt, outcome, detail, path, reach, rttMs, asPath }: WatchRun): string {
  if (outcome === 'running') return `${startedAt}, running`;
  if (outcome === 'notMeasured') return `${startedAt}, not measured: ${detail}`;
  const parts = [
    startedAt,
    path === undefined ? 'another path, not confirmed' : `path ${letterOf(path)}`,
    ...(reach === undefined ? [] : [REACH[reach]]),
    ...(rttMs === undefined ? [] : [`${rttMs.toFixed(1)} ms`]),
    ...(asPath === undefined ? [] : [networksOf(asPath)]),
  ];
  return parts.join(', ');
}

function renderChange({ at, kinds, before, after }: WatchChange): string {
  const side = ({ reach, rttMs, asPath }: WatchChange['before']): string =>
    [REACH[reach], rttMs === undefined ? 'RTT not known' : `${rttMs.toFixed(1)} ms`, networksOf(asPath)].join(', ');
  return `  ${at}  ${kinds.map((kind) => KINDS[kind]).join(', ')}\n    before: ${side(before)}\n    after:  ${side(after)}\n`;
}

function renderAlert({ createdAt, channel, type, state, attempts, status, error }: WatchAlert): string {
  const times = `${attempts} attempt${attempts === 1 ? '' : 's'}`;
  const answer = status === undefined ? '' : `, status ${status}`;
  return `  ${createdAt}  ${channel.padEnd(7)} ${type}  ${state} after ${times}${answer}${error === undefined ? '' : `: ${error}`}\n`;
}

const networksOf = (asPath: readonly number[]): string => asPath.map((asn) => `AS${asn}`).join(' ');

function channelsOf({ on, mail, webhook }: Watch['alerts']): string {
  const channels = [...(mail ? ['mail'] : []), ...(webhook === null ? [] : [webhook])];
  return channels.length === 0 ? 'none' : `${channels.join(', ')} about ${on.map((kind) => KINDS[kind]).join(', ')}`;
}

const stateOf = ({ state, pauseReason }: Watch): string =>
  state === 'active' || pauseReason === undefined ? state : `paused: ${REASONS[pauseReason]}`;

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
];

function durationOf(seconds: number): string {
  const [unit, length] = UNITS.find(([, one]) => seconds % one === 0) ?? ['s', 1];
  return `${seconds / length}${unit}`;
}
