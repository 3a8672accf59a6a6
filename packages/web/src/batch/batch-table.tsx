import type { MeasurementOutline } from '@revtr/client';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { formatConfidence } from '../path/hop.ts';
import { entryOf, outcomeOf } from './filters.ts';

const ROW_PX = 36;
const OVERSCAN = 12;

/** A table of many measurements, of which only the rows near the screen are in the document. */
export function BatchTable(props: {
  readonly measurements: readonly MeasurementOutline[];
  readonly names: Readonly<Record<string, string>>;
}) {
  const { measurements, names } = props;
  const table = useRef<HTMLTableElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(table.current?.offsetTop ?? 0), []);
  const virtualizer = useWindowVirtualizer({
    count: measurements.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
  });
  const rows = virtualizer.getVirtualItems();
  const before = rows.length === 0 ? 0 : rows[0].start - top;
  const after = rows.length === 0 ? 0 : virtualizer.getTotalSize() - (rows[rows.length - 1].end - top);
  return (
    <table ref={table} className="batch" aria-rowcount={measurements.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
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
        </tr>
      </thead>
      <tbody>
        <tr className="space" style={{ height: before }} />
        {rows.map(({ index }) => (
          <Row key={measurements[index].id} index={index} measurement={measurements[index]} names={names} />
        ))}
        <tr className="space" style={{ height: after }} />
      </tbody>
    </table>
  );
}

function Row(props: {
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
}
