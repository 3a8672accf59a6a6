import type { MeasurementOutline } from '@revtr/client';
import { memo } from 'react';
import { Link } from 'react-router';
import { formatConfidence } from '../path/hop.ts';
import { VirtualTable } from '../tables/virtual-table.tsx';
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
      head={HEAD}
      row={(index) => (
        <Row key={measurements[index].id} index={index} measurement={measurements[index]} names={names} />
      )}
    />
  );
}

const HEAD = (
  <>
    <th scope="col">Destination</th>
    <th scope="col">Outcome</th>
    <th scope="col" className="numeric wide">
      Hops
    </th>
    <th scope="col" className="wide">
      Enters through
    </th>
    <th scope="col" className="wide">
      Least trust
    </th>
    <th scope="col" className="numeric">
      All right
    </th>
    <th scope="col" className="numeric wide">
      Time
    </th>
    <th scope="col" className="wide">
      Label
    </th>
  </>
);

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
      <td className="wide clipped">{entry !== undefined && `AS${entry} ${names[entry] ?? ''}`}</td>
      <td className="wide">{leastTrust}</td>
      <td className="numeric">
        {stopReason === 'reaches' && confidence !== undefined && formatConfidence(confidence)}
      </td>
      <td className="numeric wide">{durationMs !== undefined && `${(durationMs / 1000).toFixed(1)} s`}</td>
      <td className="wide clipped">{label}</td>
    </tr>
  );
});
