import type { MeasurementOutline } from '@revtr/client';
import { formatMs } from '@revtr/client/wording';
import { memo } from 'react';
import { Link } from 'react-router';
import { entryOf } from '../batch/filters.ts';
import { type Column, VirtualTable } from '../tables/virtual-table.tsx';
import type { ComparedPair } from './compare.ts';
import { hasChange } from './filters.ts';
import type { BatchNames } from './sentences.ts';

type Names = Readonly<Record<string, string>>;

/** A table of the destinations of two batches, with what changed. */
export function PairTable(props: {
  readonly pairs: readonly ComparedPair[];
  readonly names: Names;
  readonly batches: BatchNames;
}) {
  const { pairs, names, batches } = props;
  return (
    <VirtualTable
      className="batch"
      count={pairs.length}
      columns={COLUMNS}
      row={(index) => {
        const pair = pairs[index];
        const key = `${pair.before?.id ?? ''} ${pair.after?.id ?? ''}`;
        return <Row key={key} index={index} pair={pair} names={names} batches={batches} />;
      }}
    />
  );
}

const COLUMNS: readonly Column[] = [
  { name: 'Destination', width: 13 },
  { name: 'AS path', width: 16 },
  { name: 'Reaches the source', width: 15, isWide: true },
  { name: 'Enters through', width: 24, isWide: true },
  { name: 'RTT', width: 16, isNumeric: true },
  { name: 'Measurements', width: 16, isWide: true },
];

const Row = memo(function Row(props: {
  readonly index: number;
  readonly pair: ComparedPair;
  readonly names: Names;
  readonly batches: BatchNames;
}) {
  const { index, pair, names, batches } = props;
  const { destination, before, after } = pair;
  const latest = after ?? before;
  return (
    <tr aria-rowindex={index + 2}>
      <td className="mono">
        {latest === undefined ? destination : <Link to={`/measurements/${latest.id}`}>{destination}</Link>}
      </td>
      <td data-change={hasChange(pair, 'asPath')} title={pathsOf(pair)}>
        {networkChange(pair)}
      </td>
      <td className="wide" data-change={hasChange(pair, 'reach')}>
        {reachText(pair)}
      </td>
      <td className="wide" data-change={hasChange(pair, 'entry')}>
        {entryText(pair, names)}
      </td>
      <td className="numeric" data-change={hasChange(pair, 'rtt')}>
        {rttText(pair)}
      </td>
      <td className="wide">
        {before !== undefined && <Link to={`/measurements/${before.id}`}>{batches.before}</Link>}
        {before !== undefined && after !== undefined && ', '}
        {after !== undefined && <Link to={`/measurements/${after.id}`}>{batches.after}</Link>}
      </td>
    </tr>
  );
});

/** The networks that were left (−) and those that are new (+). */
function networkChange({ asPath, before, after }: ComparedPair): string {
  if (asPath === undefined) return '';
  if (asPath !== 'changed') return asPath === 'same' ? 'same' : 'same as far as visible';
  const [old, now] = [before?.networks ?? [], after?.networks ?? []];
  const left = old.filter((asn) => !now.includes(asn)).map((asn) => `−AS${asn}`);
  const entered = now.filter((asn) => !old.includes(asn)).map((asn) => `+AS${asn}`);
  return left.length + entered.length === 0 ? 'other order' : [...left, ...entered].join(' ');
}

function pathsOf({ before, after }: ComparedPair): string {
  return [before, after]
    .map((measurement) => (measurement?.networks ?? []).map((asn) => `AS${asn}`).join(' '))
    .join(' → ');
}

function reachText({ reach, before, after }: ComparedPair): string {
  if (reach === undefined) return before === undefined ? 'not in the earlier batch' : 'not in the later batch';
  return reach === 'both' ? 'yes' : reach === 'neither' ? 'no' : `${yesNo(before)} → ${yesNo(after)}`;
}

const yesNo = (measurement: MeasurementOutline | undefined): string =>
  measurement?.stopReason === 'reaches' ? 'yes' : 'no';

function entryText({ before, after, entryChanged }: ComparedPair, names: Names): string {
  const [old, now] = [before, after].map((measurement) => measurement && entryOf(measurement));
  if (entryChanged === true) return `${short(old)} → ${short(now)} ${now === undefined ? '' : (names[now] ?? '')}`;
  const entry = now ?? old;
  return entry === undefined ? '' : `AS${entry} ${names[entry] ?? ''}`;
}

const short = (asn: number | undefined): string => (asn === undefined ? 'none' : `AS${asn}`);

function rttText({ before, after, rttChangeMs }: ComparedPair): string {
  const [old, now] = [before?.rttMs, after?.rttMs];
  if (old === undefined || now === undefined || rttChangeMs === undefined) return '';
  return `${formatMs(old).replace(' ms', '')} → ${formatMs(now)}`;
}
