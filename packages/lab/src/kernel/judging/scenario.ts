import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4, prefixContains } from '@revtr/net';
import { inParallel } from '@revtr/probing';
import type { KernelSystem } from '../system/kernel-system.ts';
import { targetOf } from '../topology/addresses.ts';
import type { KernelTopology } from '../topology/topology.ts';
import { describeJudgement, type JudgedMeasuredHop, judgeHops, type TruePath, truePath } from './judge.ts';
import { type Tally, tally } from './tally.ts';

/** How the measurements of a round were requested. */
interface Round {
  readonly name: string;
  readonly useCache: boolean;
  readonly useAtlas: boolean;
}

/** A path that contains a hop on no possible path. */
interface WrongPath {
  readonly round: string;
  readonly destination: string;
  readonly source: string;
  /** Each hop with its verdict, technique, trust and confidence. */
  readonly path: string;
}

/** How well a set of measured paths agrees with the true ones. */
interface Agreement {
  readonly paths: number;
  /** Paths that reach the source. */
  readonly complete: number;
  /** Routers that answered the traceroutes from the destinations of complete paths. */
  readonly routers: number;
  /** Those of them that no hop shows. */
  readonly missing: number;
  /** Hops of trust `measured`, without the source. */
  readonly measured: Tally;
  /** Hops of trust `inferred` or `assumed`, without the source. */
  readonly inferred: Tally;
  readonly wrongPaths: readonly WrongPath[];
}

/** The result of one scenario, of all its rounds together. */
export interface ScenarioResult extends Agreement {
  readonly scenario: string;
  readonly rounds: readonly (Agreement & { readonly round: string })[];
}

const REUSING: Round = { name: 'with everything', useCache: true, useAtlas: true };
const FRESH: readonly Round[] = [
  { name: 'without earlier measurements', useCache: false, useAtlas: true },
  { name: 'without atlas', useCache: false, useAtlas: false },
];
/** How long nothing is measured before a change, milliseconds. The system checks what it has known for longer before it is used again. */
const PAUSE_MS = 62_000;
/** Pairs of a batch in rounds that reuse earlier measurements. */
const REUSING_BATCH = 5;
/** Truths that are measured at the same time. */
const PARALLEL_TRACEROUTES = 8;

/**
 * Measures the path from every announced node to every source: with atlas and earlier measurements, after each change of the topology
 * once more (changes at second 0 come first), then without earlier measurements, and without an atlas. Compares each with a traceroute of the same stage.
 * @throws {KernelLabError} `commandFailed`
 */
export async function runScenario(scenario: string, system: KernelSystem): Promise<ScenarioResult> {
  const { lab, api, key } = system;
  const client = new ReverseTracerouteClient({ server: api, key });
  const pairs = pairsOf(lab.topology);
  const judged: JudgedPath[] = [];
  let truths = await truthsOf(system, pairs);
  const change = async (topology: KernelTopology): Promise<void> => {
    await lab.change(topology);
    truths = await truthsOf(system, pairs);
  };
  const measure = async (round: Round, chosen: readonly Pair[]): Promise<void> => {
    const { batchId } = await client.submit(
      chosen.map((pair) => ({ ...pair, useCache: round.useCache, atlasOptions: { useAtlas: round.useAtlas } })),
    );
    const { measurements } = await client.wait(batchId);
    for (const measurement of measurements) {
      const truth = truths.get(pairKey(measurement.source, measurement.destination));
      if (truth === undefined) continue;
      judged.push({ round, measurement, truth, hops: judgeHops(lab, measurement, truth) });
    }
  };
  const run = async (round: Round): Promise<void> => {
    // What one measurement has learned is only of use to those that start after it.
    const batchSize = round.useCache ? REUSING_BATCH : pairs.length;
    for (let i = 0; i < pairs.length; i += batchSize) await measure(round, pairs.slice(i, i + batchSize));
  };
  const { changes } = lab.topology;
  for (const { topology } of changes.filter(({ atSeconds }) => atSeconds === 0)) await change(topology);
  await run(REUSING);
  for (const { topology } of changes.filter(({ atSeconds }) => atSeconds > 0)) {
    await sleep(PAUSE_MS);
    await change(topology);
    await run({ ...REUSING, name: 'after a change' });
  }
  for (const round of FRESH) await run(round);
  const rounds = [...Map.groupBy(judged, ({ round }) => round.name)];
  return {
    scenario,
    ...agreementOf(judged),
    rounds: rounds.map(([round, paths]) => ({ round, ...agreementOf(paths) })),
  };
}

interface JudgedPath {
  readonly round: Round;
  readonly measurement: Measurement;
  readonly hops: readonly JudgedMeasuredHop[];
  readonly truth: TruePath;
}

interface Pair {
  readonly src: string;
  readonly dst: string;
}

const pairKey = (source: string, destination: string): string => `${destination} ${source}`;

/** Every announced node and anycast address with every source. */
function pairsOf(topology: KernelTopology): Pair[] {
  const { nodes, origins, anycast } = topology;
  const isAnnounced = (address: number): boolean => origins.some(({ prefix }) => prefixContains(prefix, address));
  const sources = [...nodes].flatMap(([node, { role }]) => (role === 'source' ? [targetOf(topology, node)] : []));
  const destinations = [...nodes].flatMap(([node, { role }]) =>
    role === 'destination' || role === 'router' ? [targetOf(topology, node)] : [],
  );
  const announced = [...destinations, ...anycast.map(({ address }) => address)].filter(isAnnounced);
  return sources.flatMap((source) =>
    announced.map((destination) => ({ src: formatIpv4(source), dst: formatIpv4(destination) })),
  );
}

async function truthsOf({ lab }: KernelSystem, pairs: readonly Pair[]): Promise<Map<string, TruePath>> {
  const truths = new Map<string, TruePath>();
  await inParallel(pairs.length, PARALLEL_TRACEROUTES, async (i) => {
    const { src, dst } = pairs[i];
    truths.set(pairKey(src, dst), await truePath(lab, dst, src));
  });
  return truths;
}

function agreementOf(judged: readonly JudgedPath[]): Agreement {
  // The source at the end is right on every complete path, and would hide errors.
  const hops = judged.flatMap((path) => path.hops.filter(({ hop }) => hop.address !== path.measurement.source));
  const complete = judged.filter(({ measurement }) => measurement.result?.stopReason === 'reaches');
  const routers = complete.flatMap(({ truth, hops: found }) =>
    truth.answered.map((router) => found.some(({ node }) => node === router)),
  );
  return {
    paths: judged.length,
    complete: complete.length,
    routers: routers.length,
    missing: routers.filter((isFound) => !isFound).length,
    measured: tally(hops.filter(({ hop }) => hop.trust === 'measured')),
    inferred: tally(hops.filter(({ hop }) => hop.trust !== 'measured')),
    wrongPaths: judged.flatMap(wrongPathOf),
  };
}

function wrongPathOf({ round, measurement: { destination, source }, hops }: JudgedPath): WrongPath[] {
  if (hops.every(({ verdict }) => verdict !== 'wrong')) return [];
  return [{ round: round.name, destination, source, path: describeJudgement(destination, hops.map(described)) }];
}

const described = ({ hop, node, verdict }: JudgedMeasuredHop) => ({
  node,
  verdict,
  because: `${hop.address}, ${hop.technique}, ${hop.trust} ${Math.round(hop.confidence * 1_000) / 10}%`,
});
