import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import { isAnycast, type SimulatedInternet, type TruePath } from '@revtr/sim';
import { share } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';

const REV10 = 'NSDI 2010, section 5.1';
const PAIRS = 300;
const STEP_MS = 1_800_000;
const STEPS = 48;

/** Paths that change within a day, and anycast. */
export function changeRows(internet: SimulatedInternet, targets: readonly Ipv4Address[], random: Random): RealismRow[] {
  const { truth, places, clock, topology } = internet;
  const start = clock.now();
  const pairs = Array.from(
    { length: PAIRS },
    () => [random.pick(places.sources).address, random.pick(targets)] as const,
  );
  const places24 = new Set(topology.hosts.prefixes.map(({ address }) => address >>> 8));
  const anycast24 = topology.hosts.prefixes.filter((_, prefix) => isAnycast(topology, prefix)).length;
  const pops = ({ routers }: TruePath): string =>
    routers.map((router) => `${truth.asOf(router)} ${topology.routers.city[router]}`).join();
  const byRouter = ({ routers }: TruePath): string => routers.join();
  const paths = pairs.map(([source, target]) =>
    Array.from({ length: STEPS + 1 }, (_, i) => truth.path(source, target, start + i * STEP_MS)),
  );
  const changed = (key: (path: TruePath) => string): number =>
    share(paths.filter((list) => list.some((path) => key(path) !== key(list[0]))).length, PAIRS);
  return [
    compare(['paths that change within a day, by router', 0.26, 0.1, 'read'], REV10, changed(byRouter)),
    compare(['paths that change within a day, by point of presence', 0.15, 0.08, 'read'], REV10, changed(pops)),
    compare(
      ['anycast /24s', 0.0011, 0.001, 'derived'],
      'anycast census, December 2024',
      share(anycast24, places24.size),
    ),
  ];
}
