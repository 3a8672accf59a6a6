import type { Measurement, MeasurementResult } from '@revtr/client';
import { formatMs } from '../path/hop.ts';
import { type AlignedBand, type AlignedRow, align, type ComparedHop, toAlignedBands } from './align.ts';
import { compareInWords } from './sentence.ts';

const STOPS: Readonly<Record<string, string>> = {
  unreachable: 'a router answered that the destination cannot be reached',
  gapLimit: 'too many hops in a row did not answer',
  hopLimit: 'it ended at the highest TTL',
  loop: 'packets go round in a loop',
};

/** The forward path and the reverse path side by side. */
export function Comparison({ measurement: { result, source, destination } }: { readonly measurement: Measurement }) {
  if (result === undefined) return <p>The comparison appears when the measurement has ended.</p>;
  const { forward, hops } = result;
  if (forward === undefined)
    return <p>The forward path was not measured. Measure again from this page to measure both directions.</p>;
  const there = forwardHops(forward, source, result);
  const rows = align(there, hops);
  return (
    <>
      <p className="lead">{compareInWords(destination, there, hops)}</p>
      {forward.stop !== 'completed' && (
        <p className="caveat">
          The forward traceroute did not reach the destination: {STOPS[forward.stop] ?? forward.stop}.
        </p>
      )}
      <table className="comparison">
        <caption>
          The destination is at the top, the source at the bottom. Hops of the same network stand side by side. Where
          both directions show the same address, the lines are joined.
        </caption>
        <thead>
          <tr>
            <th scope="col" className="forward">
              Forward: source to destination
            </th>
            <th scope="col">
              <span className="visually-hidden">Shared</span>
            </th>
            <th scope="col">Reverse: destination to source</th>
          </tr>
        </thead>
        {toAlignedBands(rows).map((band) => (
          <BandRows key={band.rows[0].position} band={band} />
        ))}
      </table>
    </>
  );
}

function BandRows({ band: { asn, asName, rows } }: { readonly band: AlignedBand }) {
  const sides = [
    rows.some(({ forward }) => forward?.address !== undefined) && 'forward',
    rows.some(({ reverse }) => reverse !== undefined) && 'reverse',
  ].filter(Boolean);
  const isKnown = asn !== undefined;
  return (
    <tbody>
      <tr className="border">
        <th scope="rowgroup" colSpan={3}>
          {isKnown ? `AS${asn} ${asName ?? ''}` : sides.length === 0 ? 'No answer' : 'Network not known'}
          {isKnown && sides.length === 1 && <span className="only"> · only {sides[0]}</span>}
        </th>
      </tr>
      {rows.map((row) => (
        <Row key={row.position} row={row} />
      ))}
    </tbody>
  );
}

function Row({ row: { forward, reverse, isShared } }: { readonly row: AlignedRow }) {
  return (
    <tr data-shared={isShared}>
      <td className="forward">{forward && <Cell hop={forward} />}</td>
      <td className="join">
        {forward && <i className={forward.address === undefined ? 'left silent' : 'left'} aria-hidden="true" />}
        {isShared && <span className="visually-hidden">same router</span>}
        {reverse && <i className="right" aria-hidden="true" />}
      </td>
      <td>{reverse && <Cell hop={reverse} />}</td>
    </tr>
  );
}

function Cell({ hop: { address, name, rttMs } }: { readonly hop: ComparedHop }) {
  if (address === undefined) return <span className="age">no answer</span>;
  return (
    <div>
      <span className="mono">{address}</span>
      {rttMs !== undefined && <span className="number"> {formatMs(rttMs)}</span>}
      <span className="name">{name}</span>
    </div>
  );
}

/** The forward path in the order of the reverse path. The traceroute does not list its own source. */
function forwardHops(
  forward: NonNullable<MeasurementResult['forward']>,
  source: string,
  { hops }: MeasurementResult,
): ComparedHop[] {
  const { asn, asName, name } = hops.find(({ address }) => address === source) ?? {};
  return [{ address: source, asn, asName, name }, ...forward.hops].reverse();
}
