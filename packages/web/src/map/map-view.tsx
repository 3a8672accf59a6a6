import type { Measurement, MeasurementResult } from '@revtr/client';
import { formatMs } from '@revtr/client/wording';
import { Link } from 'react-router';
import { techniqueStyle } from '../path/technique.ts';
import { type LocatedHop, locate, nameOf, type Stop, toPoint, toStops } from './located.ts';
import { draw, SIZE } from './projection.ts';

/** Where the path runs, as far as positions of its hops are known: a map, and the same in a table. */
export function MapView({ measurement }: { readonly measurement: Measurement }) {
  const { result, source, positionSource } = measurement;
  if (result === undefined) return <p>The map appears when the measurement has ended.</p>;
  if (positionSource === undefined)
    return (
      <p>
        This system has no positions of addresses. Its operator can import a{' '}
        <Link to="/docs/datasets">geolocation dataset</Link>.
      </p>
    );
  const located = locate(result, source);
  return (
    <>
      <p className="lead">{summaryOf(result, located, positionSource)}</p>
      {located.length > 0 && <WorldMap stops={toStops(located)} />}
      <HopTable result={result} located={located} />
    </>
  );
}

function summaryOf({ hops }: MeasurementResult, located: readonly LocatedHop[], positionSource: string): string {
  const unknown = hops.length - located.length;
  const impossible = located.filter(({ isImpossible }) => isImpossible).length;
  const sentences = [
    located.length === 0
      ? 'No hop has a known position.'
      : `${located.length} of ${hops.length} hops have a known position; ${unknown === 0 ? 'none is' : unknown === 1 ? '1 is' : `${unknown} are`} missing on the map.`,
    `Positions are from ${positionSource}, and may be wrong: geolocation of routers is a guess. Lines only join positions: the cables run elsewhere.`,
    impossible > 0 &&
      `${impossible === 1 ? '1 position is' : `${impossible} positions are`} impossible: light would need longer to there and back than the measured round-trip time.`,
  ];
  return sentences.filter(Boolean).join(' ');
}

function WorldMap({ stops }: { readonly stops: readonly Stop[] }) {
  const points = stops.map(({ position }) => toPoint(position));
  const { land, borders, graticule, legOf, pointOf } = draw(points);
  const names = stops.map(({ position }) => nameOf(position));
  return (
    <svg
      className="map"
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      role="img"
      aria-label={`Map of the path: ${names.join(', then ')}`}
    >
      <path className="graticule" d={graticule} />
      <path className="land" d={land} />
      <path className="borders" d={borders} />
      {stops.slice(1).map(({ hops }, i) => (
        <path
          key={hops[0].index}
          className="leg"
          data-trust={hops[0].hop.trust}
          data-family={familyOf(hops)}
          d={legOf(points[i], points[i + 1])}
        />
      ))}
      {stops.map(({ hops, position }, i) => {
        const [x, y] = pointOf(toPoint(position));
        const isEnd = i === 0 || i === stops.length - 1;
        const isImpossible = hops.some((hop) => hop.isImpossible);
        const isOnLeft = x > SIZE.width * 0.75;
        return (
          <g key={hops[0].index} data-impossible={isImpossible} data-family={familyOf(hops)}>
            {isEnd ? <rect x={x - 6} y={y - 6} width={12} height={12} rx={2} /> : <circle cx={x} cy={y} r={6} />}
            <text x={isOnLeft ? x - 10 : x + 10} y={y + 4} textAnchor={isOnLeft ? 'end' : 'start'}>
              {labelOf(hops)} {position.city}
              {isImpossible && ' (impossible)'}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

const familyOf = (hops: readonly LocatedHop[]): string => techniqueStyle(hops[0].hop.technique).family;

/** The numbers of hops: `3` or `3–5`. */
function labelOf(hops: readonly LocatedHop[]): string {
  const [first, last] = [hops[0].index + 1, hops[hops.length - 1].index + 1];
  return first === last ? `${first}` : `${first}–${last}`;
}

function HopTable({
  result,
  located,
}: {
  readonly result: MeasurementResult;
  readonly located: readonly LocatedHop[];
}) {
  return (
    <table className="positions">
      <caption>
        The least round-trip time is that of light in a straight fibre, with 50 km allowed for the size of a city.
      </caption>
      <thead>
        <tr>
          <th scope="col" className="numeric">
            Hop
          </th>
          <th scope="col">Address</th>
          <th scope="col">Position</th>
          <th scope="col" className="numeric wide">
            From the source
          </th>
          <th scope="col" className="numeric">
            RTT
          </th>
          <th scope="col" className="numeric wide">
            Least RTT
          </th>
        </tr>
      </thead>
      <tbody>
        {result.hops.map((hop, index) => {
          const found = located.find((other) => other.index === index);
          return (
            <tr key={hop.address} data-impossible={found?.isImpossible === true}>
              <td className="numeric">{index + 1}</td>
              <td className="mono">
                <Link to={`?hop=${index + 1}`}>{hop.address}</Link>
              </td>
              <td>
                {found === undefined ? <span className="age">unknown</span> : nameOf(found.position)}
                {found?.isImpossible === true && <strong> impossible</strong>}
              </td>
              <td className="numeric wide">
                {found?.distanceKm !== undefined && `${Math.round(found.distanceKm).toLocaleString('en')} km`}
              </td>
              <td className="numeric">{hop.rttMs !== undefined && formatMs(hop.rttMs)}</td>
              <td className="numeric wide">{found?.leastRttMs !== undefined && formatMs(found.leastRttMs)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
