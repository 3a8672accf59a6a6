import type { Budgets, Circuit } from '@revtr/client';

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

/** The limits of each kind of subject, and the subjects that have used most of a daily limit. */
export function renderBudgets({ limits, closest }: Budgets): string {
  const row = (cells: readonly (string | number)[], widths: readonly number[]): string =>
    `${cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
      .join('  ')
      .trimEnd()}\n`;
  const columns = [16, 10, 13, 18, 18];
  const subjects = [16, 18, 13, 15, 6];
  return [
    row(['LIMIT OF EACH', 'PER SECOND', 'PER DAY', 'OPTIONS PER SECOND', 'OPTIONS PER DAY'], columns),
    ...limits.map((limit) =>
      row(
        [
          KINDS[limit.kind],
          limit.packetsPerSecond,
          limit.packetsPerDay,
          limit.optionPacketsPerSecond,
          limit.optionPacketsPerDay,
        ],
        columns,
      ),
    ),
    '\n',
    row(['CLOSEST TO LIMITS', 'SUBJECT', 'PACKETS TODAY', 'WITH OPTIONS', 'USED'], subjects),
    ...closest.map(({ kind, subject, packets, optionPackets, share }) =>
      row([KINDS[kind], subject, packets, optionPackets, percent(share)], subjects),
    ),
  ].join('');
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
