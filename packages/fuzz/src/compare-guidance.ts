import { Session } from 'node:inspector';
import { CoverageMap } from './guidance/coverage-map.ts';
import { installCoverage } from './guidance/install.ts';

/** Prints how many packets are parsed in a second with each kind of guidance: `none`, `counters` or `v8`. */
const kind = process.argv[2] ?? 'none';
const ROUNDS = 5;
const PACKETS = 200_000;
const V8_EVERY = 1_000;

const map = new CoverageMap();
if (kind === 'counters') installCoverage(map);
const { buildEchoRequest, tryParse } = await import('./targets/compared-parser.ts');
const session = new Session();
session.connect();
if (kind === 'v8') {
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
}
const packet = buildEchoRequest();
const rates = Array.from({ length: ROUNDS }, () => {
  const started = performance.now();
  for (let i = 0; i < PACKETS; i++) {
    packet[30] = i & 255;
    tryParse(packet);
    if (kind === 'counters') map.takeIsNew();
    if (kind === 'v8' && i % V8_EVERY === 0) session.post('Profiler.takePreciseCoverage', () => undefined);
  }
  return Math.round(PACKETS / ((performance.now() - started) / 1_000));
});
const median = rates.sort((a, b) => a - b)[ROUNDS >>> 1];
process.stdout.write(`${kind}: ${median} packets per second, median of ${ROUNDS} rounds\n`);
session.disconnect();
