import type { Measurement } from '@revtr/client';
import {
  type AlignedBand,
  type AlignedRow,
  align,
  type ComparedHop,
  compareInWords,
  formatMs,
  forwardHops,
  toAlignedBands,
} from '@revtr/client/wording';
import { HostName } from '../path/host-name.tsx';

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
  const extents = { forward: extentOf(rows, 'forward'), reverse: extentOf(rows, 'reverse') };
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
          both directions pass the same router, as far as its addresses are known, the dots are joined.
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
          <BandRows key={band.rows[0].position} band={band} extents={extents} />
        ))}
      </table>
    </>
  );
}

type Side = 'forward' | 'reverse';
/** The positions of the first and the last row in which a path has a hop. */
type Extent = readonly [first: number, last: number];
type Extents = Readonly<Record<Side, Extent>>;

function extentOf(rows: readonly AlignedRow[], side: Side): Extent {
  const own = rows.filter((row) => row[side] !== undefined);
  return [own.at(0)?.position ?? 0, own.at(-1)?.position ?? -1];
}

function BandRows({ band: { asn, asName, rows }, extents }: { readonly band: AlignedBand; readonly extents: Extents }) {
  const sides = [
    rows.some(({ forward }) => forward?.address !== undefined) && 'forward',
    rows.some(({ reverse }) => reverse !== undefined) && 'reverse',
  ].filter(Boolean);
  const isKnown = asn !== undefined;
  const [{ position }] = rows;
  const crosses = ([first, last]: Extent): boolean => first < position && last >= position;
  return (
    <tbody>
      <tr className="border">
        <th scope="rowgroup">
          {isKnown ? `AS${asn} ${asName ?? ''}` : sides.length === 0 ? 'No answer' : 'Network not known'}
        </th>
        <td className="join">
          {crosses(extents.forward) && <i className="left through" aria-hidden="true" />}
          {crosses(extents.reverse) && <i className="right through" aria-hidden="true" />}
        </td>
        <td>{isKnown && sides.length === 1 && <span className="only">only {sides[0]}</span>}</td>
      </tr>
      {rows.map((row) => (
        <Row key={row.position} row={row} extents={extents} />
      ))}
    </tbody>
  );
}

function Row({ row, extents }: { readonly row: AlignedRow; readonly extents: Extents }) {
  const { forward, reverse, isShared, position } = row;
  return (
    <tr data-shared={isShared}>
      <td className="forward">{forward && <Cell hop={forward} />}</td>
      <td className="join">
        <Line side="left" hop={forward} position={position} extent={extents.forward} />
        {isShared && <span className="visually-hidden">same router</span>}
        <Line side="right" hop={reverse} position={position} extent={extents.reverse} />
      </td>
      <td>{reverse && <Cell hop={reverse} />}</td>
    </tr>
  );
}

/** The line of a path in one row, with a dot where it has a hop. */
function Line(props: {
  readonly side: 'left' | 'right';
  readonly hop: ComparedHop | undefined;
  readonly position: number;
  readonly extent: Extent;
}) {
  const {
    side,
    hop,
    position,
    extent: [first, last],
  } = props;
  if (position < first || position > last) return null;
  const classes = [
    side,
    hop === undefined && 'through',
    hop !== undefined && hop.address === undefined && 'silent',
    position === first && 'first',
    position === last && 'last',
  ];
  return <i className={classes.filter(Boolean).join(' ')} aria-hidden="true" />;
}

function Cell({ hop: { address, name, rttMs } }: { readonly hop: ComparedHop }) {
  if (address === undefined) return <span className="age">no answer</span>;
  return (
    <div>
      <span className="mono">{address}</span>
      {rttMs !== undefined && <span className="number"> {formatMs(rttMs)}</span>}
      <span className="name">{name !== undefined && <HostName name={name} />}</span>
    </div>
  );
}
