import type { Measurement } from '@revtr/client';
import { formatMs } from '../path/hop.ts';
import { type AlignedRow, align, type ComparedHop } from './align.ts';
import { compareInWords } from './sentence.ts';

/** The forward path and the reverse path side by side. */
export function Comparison({ measurement: { result, source, destination } }: { readonly measurement: Measurement }) {
  if (result === undefined) return <p>The comparison appears when the measurement has ended.</p>;
  const { forward, hops } = result;
  if (forward === undefined)
    return <p>The forward path was not measured. Measure again from this page to measure both directions.</p>;
  const there = forwardHops(forward, source, result);
  const back = hops.map(({ address, asn, asName, name, rttMs }) => ({ address, asn, asName, name, rttMs }));
  const rows = align(there, back);
  return (
    <>
      <p className="lead">{compareInWords(destination, there, back)}</p>
      {forward.stop !== 'completed' && (
        <p className="caveat">The forward traceroute did not reach the destination ({forward.stop}).</p>
      )}
      <div className="scroll">
        <table className="comparison">
          <caption>
            The destination is at the top, the source at the bottom. Lines with a filled dot are routers that both
            directions pass under the same address; hops of the same network stand side by side.
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
          <tbody>
            {rows.map((row) => (
              <Row key={row.position} row={row} before={rows[row.position - 1]} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ row, before }: { readonly row: AlignedRow; readonly before: AlignedRow | undefined }) {
  const asn = asnOf(row);
  const isBorder = before !== undefined && asn !== undefined && asn !== asnOf(before);
  return (
    <tr className={isBorder ? 'border' : undefined} data-shared={row.isShared}>
      <td className="forward">{row.forward && <Cell hop={row.forward} />}</td>
      <td className="join">
        <i className={row.forward === undefined ? 'none' : 'left'} aria-hidden="true" />
        {row.isShared && <span className="visually-hidden">same router</span>}
        <i className={row.reverse === undefined ? 'none' : 'right'} aria-hidden="true" />
      </td>
      <td>{row.reverse && <Cell hop={row.reverse} />}</td>
    </tr>
  );
}

const asnOf = ({ reverse, forward }: AlignedRow): number | undefined => reverse?.asn ?? forward?.asn;

function Cell({ hop: { address, asn, asName, name, rttMs } }: { readonly hop: ComparedHop }) {
  return (
    <div className="compared" title={name}>
      <span className="mono">{address ?? 'no answer'}</span>
      {rttMs !== undefined && <span className="number"> {formatMs(rttMs)}</span>}
      {asn !== undefined && (
        <span className="network">
          {' '}
          AS{asn} {asName}
        </span>
      )}
    </div>
  );
}

/** The forward path in the order of the reverse path. The traceroute does not list its own source. */
function forwardHops(
  forward: NonNullable<NonNullable<Measurement['result']>['forward']>,
  source: string,
  { hops }: NonNullable<Measurement['result']>,
): ComparedHop[] {
  const end = hops.find(({ address }) => address === source);
  const listed = forward.hops.map(({ address, asn, asName, name, rttMs }) => ({ address, asn, asName, name, rttMs }));
  const self = { address: source, asn: end?.asn, asName: end?.asName, name: end?.name, rttMs: undefined };
  return [self, ...listed].reverse();
}
