import type { Accuracy, SelfAudit, Suspension } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { table } from './layout/table.ts';

type Rate = Accuracy['reached'];
type HopRate = Accuracy['hops'];

const NETWORKS_SHOWN = 10;
/** Fewest columns of the first column of a table of hops: with counts of five digits, a line has 80 columns at most. */
const LEAST_NAME = 24;

const percent = (share: number): string => (100 * share).toFixed(1);
const interval = ({ low, high }: Pick<Rate, 'low' | 'high'>): string => `${percent(low)} to ${percent(high)}`;

function describeRate(rate: Rate): string {
  if (rate.total === 0) return 'none judged';
  return `${percent(rate.share).padStart(5)} % (${interval(rate)} %), ${rate.count} of ${rate.total}`;
}

/** A line of a table of hops: what they have in common, and how many are right. */
interface HopRow {
  readonly name: string;
  readonly hops: HopRate;
}

function hopTable(head: string, rows: readonly HopRow[], screen: Screen): string {
  const ifJudged =
    (text: (hops: HopRate) => string) =>
    ({ hops }: HopRow): string =>
      hops.total === 0 ? '-' : text(hops);
  return table<HopRow>(
    [
      { head, least: LEAST_NAME, cell: ({ name }) => name },
      { head: 'JUDGED', align: 'right', cell: ({ hops }) => `${hops.total} of ${hops.total + hops.unjudged}` },
      { head: 'RIGHT %', align: 'right', cell: ifJudged(({ share }) => percent(share)) },
      { head: '95 % CI', align: 'right', cell: ifJudged(({ low, high }) => `${percent(low)}–${percent(high)}`) },
      { head: 'CONFIDENCE %', align: 'right', cell: ifJudged(({ meanConfidence }) => percent(meanConfidence)) },
    ],
    rows,
    screen,
  );
}

/** How accurate the system is: paths, hops by kind, calibration, and networks. */
export function renderAccuracy(accuracy: Accuracy, screen: Screen): string {
  const { from, to, audits, kinds, ranges, networks, suspensions } = accuracy;
  const days = `${from.slice(0, 10)} to ${new Date(Date.parse(to) - 1).toISOString().slice(0, 10)}`;
  if (audits.judged === 0) return `No self-audit was judged from ${days}.\n`;
  const others = `not judged: ${audits.pathChanged} with a changed path, ${audits.noTruth} without a complete traceroute, ${audits.notMeasured} not measured`;
  const shown = networks.slice(0, NETWORKS_SHOWN);
  return [
    `${audits.judged} self-audits were judged from ${days}; ${others}\n\n`,
    `reached the source     ${describeRate(accuracy.reached)}\n`,
    `AS path exact          ${describeRate(accuracy.asPathExact)}\n`,
    `routers found          ${describeRate(accuracy.routersFound)}\n`,
    `hops right             ${describeRate(accuracy.hops)}\n`,
    `calibration error      ${percent(accuracy.calibrationError).padStart(5)} points\n\n`,
    hopTable(
      'KIND OF HOP',
      kinds.map((hops) => ({ name: hops.kind, hops })),
      screen,
    ),
    '\n',
    hopTable(
      'CONFIDENCE',
      ranges.map((hops) => ({ name: `${percent(hops.from)} to ${percent(hops.to)} %`, hops })),
      screen,
    ),
    '\n',
    hopTable(
      'NETWORK OF THE HOST',
      shown.map(({ asn, name = '', hops }) => ({
        name: `${asn === undefined ? 'unknown' : `AS${asn}`} ${name}`,
        hops,
      })),
      screen,
    ),
    networks.length > shown.length ? `and ${networks.length - shown.length} more\n` : '',
    suspensions.length === 0 ? '' : `\n${renderSuspensions(suspensions)}`,
  ].join('');
}

/** The suspended kinds of hops. */
export function renderSuspensions(suspensions: readonly Suspension[]): string {
  if (suspensions.length === 0) return 'no kind of hop is suspended\n';
  return suspensions
    .map(
      ({ kind, since, recent, floor }) =>
        `${kind} is suspended since ${since}: ${percent(recent.share)} % of its recent hops are right, and the floor is ${percent(floor)} %\n`,
    )
    .join('');
}

/** A self-audit in one line, and its hops that are not right. */
export function renderSelfAudit(audit: SelfAudit): string {
  const { id, startedAt, host, source, outcome, detail, hops } = audit;
  const summary =
    outcome === 'judged'
      ? `${hops.filter(({ verdict }) => verdict === 'right').length} of ${hops.length} hops right, ${audit.routersFound} of ${audit.routers} routers found${audit.reached === true ? '' : ', did not reach the source'}`
      : `${outcome}${detail === '' ? '' : `: ${detail}`}`;
  const lines = hops
    .filter(({ verdict }) => verdict !== 'right')
    .map(
      ({ address, kind, confidence, verdict, reason }) =>
        `    ${address.padEnd(16)} ${verdict} (${reason})  ${kind}, confidence ${percent(confidence)} %\n`,
    );
  return `${id}  ${startedAt}  ${host} to ${source}${audit.isRetry ? ' (retry)' : ''}: ${summary}\n${lines.join('')}`;
}
