import { quantiles } from '../../statistics/quantiles.ts';
import type { Summary } from '../summary/summary.ts';
import type { UnitResult } from '../units/unit-result.ts';
import { namesOf } from './tables.ts';

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

const COLOURS = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700', '#8250df', '#57606a'];
const [WIDTH, HEIGHT, MARGIN] = [640, 400, 60];

/** Plots the share of right hops over their confidence as SVG. Calibrated confidence is on the diagonal. */
export function reliabilityPlot(summaries: readonly Summary[]): string {
  const names = namesOf(summaries);
  const lines = summaries.map(
    ({ calibration }, i): Line => ({
      name: names[i],
      points: calibration.bins.map(({ meanConfidence, right }) => [meanConfidence, right]),
    }),
  );
  const diagonal: Line = {
    name: 'calibrated',
    points: [
      [0, 0],
      [1, 1],
    ],
  };
  return plot({ title: 'Reliability', x: 'confidence', y: 'share right', lines: [...lines, diagonal] });
}

/** Plots the distribution of the virtual latency as SVG, on a logarithmic axis from 10 ms to 1000 s. */
export function latencyPlot(results: readonly UnitResult[]): string {
  const groups = Map.groupBy(results, ({ unit: { plan, fleet } }) => `${plan}, ${fleet} VPs`);
  const lines = [...groups].map(([name, group]): Line => {
    const latencyAt = quantiles(group.flatMap(({ pairs }) => pairs.map(({ latencyMs }) => latencyMs)));
    const points = Array.from({ length: 101 }, (_, i): [number, number] => [logScale(latencyAt(i / 100)), i / 100]);
    return { name, points };
  });
  const ticks = [10, 100, 1_000, 10_000, 100_000, 1_000_000].map((ms): [number, string] => [
    logScale(ms),
    ms < 1000 ? `${ms} ms` : `${ms / 1000} s`,
  ]);
  return plot({ title: 'Virtual latency', x: 'time', y: 'share done', lines, ticks });
}

const logScale = (milliseconds: number): number =>
  Math.min(1, Math.max(0, (Math.log10(Math.max(milliseconds, 10)) - 1) / 5));

const QUARTERS: readonly (readonly [number, string])[] = [0, 0.25, 0.5, 0.75, 1].map((value) => [value, String(value)]);

function plot(options: {
  title: string;
  x: string;
  y: string;
  lines: readonly Line[];
  ticks?: readonly (readonly [number, string])[];
}): string {
  const { title, x, y, lines, ticks = QUARTERS } = options;
  const toX = (value: number): number => Math.round(MARGIN + value * (WIDTH - 2 * MARGIN));
  const toY = (value: number): number => Math.round(HEIGHT - MARGIN - value * (HEIGHT - 2 * MARGIN));
  const text = (atX: number, atY: number, words: string, anchor = 'middle', colour = '#24292f'): string =>
    `<text x="${atX}" y="${atY}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;
  const grid = [
    ...ticks.flatMap(([value, name]) => [
      `<path d="M${toX(value)} ${toY(0)}V${toY(1)}" stroke="#d0d7de"/>`,
      text(toX(value), toY(0) + 20, name),
    ]),
    ...QUARTERS.flatMap(([value, name]) => [
      `<path d="M${toX(0)} ${toY(value)}H${toX(1)}" stroke="#d0d7de"/>`,
      text(toX(0) - 8, toY(value) + 4, name, 'end'),
    ]),
  ];
  const drawn = lines.flatMap(({ name, points }, i) => {
    const path = points.map(([px, py], k) => `${k === 0 ? 'M' : 'L'}${toX(px)} ${toY(py)}`).join('');
    const colour = COLOURS[i % COLOURS.length];
    return [
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      text(toX(1), MARGIN + 16 * (i + 1) + 100, name, 'end', colour),
    ];
  });
  const labels = [text(WIDTH / 2, 30, title), text(WIDTH / 2, HEIGHT - 15, x), text(12, 45, y, 'start')];
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${title}">`;
  return `${open}\n<title>${title}</title>\n<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>\n${[...grid, ...drawn, ...labels].join('\n')}\n</svg>\n`;
}
