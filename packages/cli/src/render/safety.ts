import type { Budgets, Circuit } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { type Column, table } from './layout/table.ts';

const KINDS: Readonly<Record<Budgets['limits'][number]['kind'], string>> = {
  destination: 'destination',
  slash24: '/24',
  prefix: 'announced prefix',
  as: 'AS',
  vantagePoint: 'vantage point',
  source: 'source',
  user: 'user',
};

const REASONS: Readonly<Record<Circuit['reason'], string>> = {
  prohibited: 'of the probes are administratively prohibited',
  unreachable: 'of the probes are answered with "unreachable"',
  silence: 'of the probes have no answer',
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;

type Limit = Budgets['limits'][number];
type Closest = Budgets['closest'][number];

/** The limits of each kind of subject, and the subjects that have used most of a daily limit. */
export function renderBudgets({ limits, closest }: Budgets, screen: Screen): string {
  const count = (head: string, cell: (row: Limit) => number): Column<Limit> => ({
    head,
    align: 'right',
    least: 'cells',
    cell: (row) => String(cell(row)),
  });
  const ofEach = table<Limit>(
    [
      { head: 'LIMIT OF EACH', cell: ({ kind }) => KINDS[kind] },
      count('PER SECOND', ({ packetsPerSecond }) => packetsPerSecond),
      count('PER DAY', ({ packetsPerDay }) => packetsPerDay),
      count('OPTIONS PER SECOND', ({ optionPacketsPerSecond }) => optionPacketsPerSecond),
      count('OPTIONS PER DAY', ({ optionPacketsPerDay }) => optionPacketsPerDay),
    ],
    limits,
    screen,
  );
  const mostUsed = table<Closest>(
    [
      { head: 'CLOSEST TO LIMITS', cell: ({ kind }) => KINDS[kind] },
      { head: 'SUBJECT', cell: ({ subject }) => subject },
      { head: 'PACKETS TODAY', align: 'right', cell: ({ packets }) => String(packets) },
      { head: 'WITH OPTIONS', align: 'right', cell: ({ optionPackets }) => String(optionPackets) },
      { head: 'USED', align: 'right', cell: ({ share }) => percent(share) },
    ],
    closest,
    screen,
  );
  return `${ofEach}\n${mostUsed}`;
}

/** Suspended networks, each in two lines. */
export function renderCircuits(circuits: readonly Circuit[]): string {
  if (circuits.length === 0) return 'no network is suspended\n';
  return circuits
    .map(({ subject, name, state, reason, share, usualShare, since, retryAt }) => {
      const network = name === undefined ? subject : `${subject} (${name})`;
      const next = state === 'halfOpen' ? 'a trial is under way' : `next trial ${retryAt ?? 'with the next probe'}`;
      return `${network}  suspended since ${since}, ${next}\n   ${percent(share)} ${REASONS[reason]}; usually ${percent(usualShare)}\n`;
    })
    .join('');
}
