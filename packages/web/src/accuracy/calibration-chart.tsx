import type { Accuracy } from '@revtr/client';
import { formatCount, formatIntervalOf, formatShareOf } from '../app/percent.ts';

const SIZE = 240;
const MARGIN = 36;
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const x = (share: number): number => MARGIN + share * SIZE;
const y = (share: number): number => 8 + (1 - share) * SIZE;

/** Confidence against the share of right hops, with 95 % intervals. On the diagonal, the confidence is exact. */
export function CalibrationChart({ ranges }: { readonly ranges: Accuracy['ranges'] }) {
  const judged = ranges.filter(({ total }) => total > 0);
  return (
    <figure className="chart">
      <svg
        viewBox={`0 0 ${SIZE + MARGIN + 12} ${SIZE + 52}`}
        role="img"
        aria-label="Share of right hops by confidence; the table below has the same figures"
      >
        <g className="grid">
          {TICKS.map((tick) => (
            <g key={tick}>
              <line x1={x(tick)} x2={x(tick)} y1={y(0)} y2={y(1)} />
              <line x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} />
              <text x={x(tick)} y={y(0) + 16} textAnchor="middle">
                {100 * tick}
              </text>
              <text x={x(0) - 6} y={y(tick) + 4} textAnchor="end">
                {100 * tick}
              </text>
            </g>
          ))}
          <text x={x(0.5)} y={y(0) + 36} textAnchor="middle">
            confidence, %
          </text>
        </g>
        <line className="diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        {judged.map(({ from, meanConfidence, share, low, high }) => (
          <g key={from} className="point">
            <line x1={x(meanConfidence)} x2={x(meanConfidence)} y1={y(low)} y2={y(high)} />
            <circle cx={x(meanConfidence)} cy={y(share)} r="4" />
          </g>
        ))}
      </svg>
      <figcaption className="hint">
        Right hops in percent, above the confidence that users saw. Points on the diagonal are exact; points below it
        claim too much.
      </figcaption>
    </figure>
  );
}

/** The figures of the chart as a table. */
export function CalibrationTable({ ranges }: { readonly ranges: Accuracy['ranges'] }) {
  return (
    <table className="compact">
      <thead>
        <tr>
          <th scope="col">Range</th>
          <th scope="col" className="numeric">
            Confidence
          </th>
          <th scope="col" className="numeric">
            Right
          </th>
          <th scope="col" className="numeric wide">
            95 % interval
          </th>
          <th scope="col" className="numeric">
            Hops
          </th>
        </tr>
      </thead>
      <tbody>
        {ranges.map(({ from, to, meanConfidence, share, low, high, total }) => (
          <tr key={from}>
            <td className="number">
              {Math.round(100 * from)}–{Math.round(100 * to)} %
            </td>
            <td className="numeric">{formatShareOf(total, meanConfidence)}</td>
            <td className="numeric">{formatShareOf(total, share)}</td>
            <td className="numeric wide">{formatIntervalOf(total, low, high)}</td>
            <td className="numeric">{formatCount(total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
