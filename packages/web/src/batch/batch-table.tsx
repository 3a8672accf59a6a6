import type { MeasurementOutline } from '@revtr/client';
import { formatProbability } from '@revtr/client/wording';
import { memo } from 'react';
import { Link } from 'react-router';
import { type Column, VirtualTable } from '../tables/virtual-table.tsx';
import { entryOf, outcomeOf } from './filters.ts';

/** A table of the measurements of a batch. */
export function BatchTable(props: {
  readonly measurements: readonly MeasurementOutline[];
  readonly names: Readonly<Record<string, string>>;
}) {
  const { measurements, names } = props;
  return (
    <VirtualTable
      className="batch"
      count={measurements.length}
      columns={COLUMNS}
      row={(index) => (
        <Row key={measurements[index].id} index={index} measurement={measurements[index]} names={names} />
      )}
    />
  );
}

const COLUMNS: readonly Column[] = [
  { name: 'Destination', width: 13 },
  { name: 'Outcome', width: 12 },
  { name: 'Hops', width: 6, isNumeric: true, isWide: true },
  { name: 'Enters through', width: 25, isWide: true },
  { name: 'Least trust', width: 10, isWide: true },
  { name: 'All right', width: 8, isNumeric: true },
  { name: 'Time', width: 8, isNumeric: true, isWide: true },
  { name: 'Label', width: 18, isWide: true },
];

const Row = memo(function Row(props: {
  readonly index: number;
  readonly measurement: MeasurementOutline;
  readonly names: Readonly<Record<string, string>>;
}) {
  const { index, measurement, names } = props;
  const { id, destination, label, hops, leastTrust, confidence, durationMs, stopReason } = measurement;
  const entry = entryOf(measurement);
  return (
    <tr aria-rowindex={index + 2}>
      <td className="mono">
        <Link to={`/measurements/${id}`}>{destination}</Link>
      </td>
      <td data-stop={stopReason}>{outcomeOf(measurement)}</td>
      <td className="numeric wide">{hops}</td>
      <td className="wide">{entry !== undefined && `AS${entry} ${names[entry] ?? ''}`}</td>
      <td className="wide">{leastTrust}</td>
      <td className="numeric">
        {stopReason === 'reaches' && confidence !== undefined && formatProbability(confidence)}
      </td>
      <td className="numeric wide">{durationMs !== undefined && `${(durationMs / 1000).toFixed(1)} s`}</td>
      <td className="wide">{label}</td>
    </tr>
  );
});
