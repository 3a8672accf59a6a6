import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AliasSets, Atlas, type MeasuredPath, PrefixOrigins, type TailStamps } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { interfacesTowards, publishData, SimulatedInternet, simParameters, type Topology } from '@revtr/sim';
import { medianSeconds } from './rounds.ts';

const PATHS = 10_000;
const QUERIES = 100;
/** How often all queries are asked in each round. */
const REPEATS = 400;
/** Addresses in a Record Route reply after the hop. */
const STAMPS = 5;

/**
 * Builds an atlas of 10,000 traceroutes to one source. Reports the build times and the memory of one build, and the median time
 * of a query over five rounds.
 */
export function benchAtlas() {
  const { parameters, topology, truth, places, clock } = new SimulatedInternet({
    parameters: simParameters('large', 1),
  });
  const data = publishData(topology, parameters);
  const facts = { aliases: new AliasSets(data.aliasSets), ipToAs: new PrefixOrigins(data.prefixOrigins) };
  const random = createRandom(1);
  const source = places.sources[0].address;
  const at = clock.now();
  const paths: MeasuredPath[] = [];
  const tails: TailStamps[] = [];
  for (const prefix of random.shuffle(topology.hosts.prefixes).slice(0, 2 * PATHS)) {
    const origin = prefix.address + 9;
    const { routers, reached } = truth.path(origin, source, at);
    if (!reached || paths.length === PATHS) continue;
    const addresses = routers.map((router) => truth.addressesOf(router));
    // A traceroute shows the interface on which its packet arrives.
    const hops = routers.map((router, i) => arrivalAddress(topology, router, routers[i - 1]));
    paths.push({ platform: 'ripeAtlas', origin, source, at, hops: [origin, ...hops, source] });
    const from = random.below(hops.length);
    const stamps = addresses.slice(from + 1, from + 1 + STAMPS).map((own) => random.pick(own));
    if (stamps.length > 0) tails.push({ target: hops[from], sender: source, at, stamps });
  }
  const before = heapBytes();
  const atlas = new Atlas(facts);
  let started = performance.now();
  for (const path of paths) atlas.add(path);
  const addMs = performance.now() - started;
  const pathBytes = heapBytes() - before;
  started = performance.now();
  atlas.addTails(source, tails);
  const placeMs = performance.now() - started;
  const placedBytes = heapBytes() - before - pathBytes;

  const known = paths.flatMap(({ hops }) => hops.slice(1, -1)).filter((hop) => hop !== undefined);
  const queries = Array.from(
    { length: QUERIES },
    (_, i): Ipv4Address => (i % 2 === 0 ? random.pick(known) : random.pick(places.hitlist)),
  );
  const ask = (): number => {
    let found = 0;
    for (const address of queries)
      if (atlas.intersect({ source, address, now: at, oldest: 0, useRecordRoute: true }) !== undefined) found++;
    return found;
  };
  let found = 0;
  for (let i = 0; i < REPEATS / 2; i++) found = ask();
  const seconds = medianSeconds(() => {
    for (let i = 0; i < REPEATS; i++) ask();
  });
  const queryMicros = (1e6 * seconds) / (REPEATS * QUERIES);
  const mebibytes = (bytes: number): number => Math.round((10 * bytes) / 2 ** 20) / 10;
  return {
    traceroutes: paths.length,
    hops: paths.reduce((sum, { hops }) => sum + hops.length, 0),
    places: [...(atlas.of(source)?.nodes() ?? [])].length,
    addMs: Math.round(addMs),
    mebibytes: mebibytes(pathBytes),
    recordRouteAnswers: tails.length,
    placeMs: Math.round(placeMs),
    placedMebibytes: mebibytes(placedBytes),
    addressesMet: `${found} of ${QUERIES}`,
    microsecondsPerQuery: Math.round(queryMicros * 100) / 100,
  };
}

function arrivalAddress(topology: Topology, router: number, before: number | undefined): Ipv4Address {
  const [first] = before === undefined ? [] : interfacesTowards(topology, router, before);
  return first === undefined ? topology.routers.loopback[router] : topology.interfaces.address[first];
}

/** Bytes of the heap in use after a garbage collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
