/** Shares of addresses (rows) and of pings (columns) of {@link EXTRA_SECONDS}. */
const ADDRESSES = [0, 0.5, 0.8, 0.9, 0.95, 0.98];
const PINGS = [0.01, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99];

/**
 * Seconds by which a ping takes longer than the fastest pings of the same address (Padmanabhan et al., Timeouts: Beware surprisingly
 * high delay, IMC 2015, slides: surveys of ISI up to 2015, each row less its first percentile). The first row is an assumption.
 */
const EXTRA_SECONDS = [
  [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2],
  [0, 0.03, 0.05, 0.1, 0.26, 0.37, 0.48],
  [0, 0.07, 0.14, 0.24, 0.35, 0.55, 1.02],
  [0, 0.09, 0.2, 0.35, 0.62, 1.39, 2.78],
  [0, 1.17, 2.13, 2.75, 4.75, 8.75, 14.75],
  [0, 1.64, 3.7, 5.7, 11.7, 40.7, 77.7],
];

/**
 * The delay of one answer of a host beyond propagation, milliseconds: that of the share `address` of hosts, for the share `ping` of their
 * pings, both from 0 to 1, interpolated between the published quantiles.
 */
export function answerDelayMs(address: number, ping: number): number {
  const row = positionIn(ADDRESSES, address);
  const column = positionIn(PINGS, ping);
  const at = (r: number): number => interpolate(EXTRA_SECONDS[r], column);
  const below = Math.floor(row);
  const above = Math.min(below + 1, ADDRESSES.length - 1);
  return 1000 * (at(below) + (row - below) * (at(above) - at(below)));
}

/** Index of `value` among ascending `marks`, with its fraction; clamped to the ends. */
function positionIn(marks: readonly number[], value: number): number {
  if (value <= marks[0]) return 0;
  const next = marks.findIndex((mark) => mark > value);
  if (next < 0) return marks.length - 1;
  return next - 1 + (value - marks[next - 1]) / (marks[next] - marks[next - 1]);
}

function interpolate(values: readonly number[], position: number): number {
  const below = Math.floor(position);
  const above = Math.min(below + 1, values.length - 1);
  return values[below] + (position - below) * (values[above] - values[below]);
}
