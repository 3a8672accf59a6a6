import {
  type Change,
  type DetectorState,
  judgeRun,
  observe,
  samePlaceBy,
  toStoredResult,
  WATCH_OPTIONS,
} from '@revtr/controller';
import { defaultPlan, type MeasurementOptions, type ReverseTracerouteEngine } from '@revtr/engine';
import type { SimulatedWorld } from '@revtr/lab/simulated-world';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { interfacesTowards } from '@revtr/sim';
import { routingOf, type TrueRouting } from './true-routing.ts';

/** How watches are simulated. */
export interface StudyOptions {
  /** Watches, each of a random pair. */
  readonly watches: number;
  /** Runs of each watch before links fail, and after; those that confirm others come on top. */
  readonly runsBefore: number;
  readonly runsAfter: number;
  /** Links that fail, each on the path of a watch. */
  readonly failures: number;
  /** Virtual time between two runs, minutes. */
  readonly intervalMinutes: number;
  /** Options that differ from those of watches. */
  readonly options?: Partial<MeasurementOptions>;
}

/** A change that a watch reported. */
interface ReportedChange extends Pick<Change, 'kinds' | 'before' | 'after'> {
  /** Number of the planned run that led to it, from 1 before and after the failures. */
  readonly run: number;
  /** Whether links had failed by then. */
  readonly isAfter: boolean;
}

/** A watch, what it reported, and what was true. */
export interface StudiedWatch {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly changes: readonly ReportedChange[];
  readonly runs: number;
  readonly confirmations: number;
  readonly reached: number;
  readonly before: TrueRouting;
  readonly after: TrueRouting;
}

interface Watch {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly changes: ReportedChange[];
  state: DetectorState | undefined;
  runs: number;
  confirmations: number;
  reached: number;
}

const CONFIRM_MS = 45_000;
const MINUTE_MS = 60_000;
/** Most confirmations that follow one planned run. */
const MOST_CONFIRMATIONS = 8;

/** Runs watches in virtual time: first while no route changes, then after links have failed. */
export async function studyWatches(world: SimulatedWorld, options: StudyOptions): Promise<StudiedWatch[]> {
  const { clock } = world.internet;
  const engine = await clock.drive(world.engine(defaultPlan));
  const watches = world
    .randomPairs(options.watches, 'watches')
    .map((pair): Watch => ({ ...pair, changes: [], state: undefined, runs: 0, confirmations: 0, reached: 0 }));
  const before = watches.map(({ source, destination }) => routingOf(world, destination, source));
  await runAll(world, engine, watches, options, { runs: options.runsBefore, isAfter: false });
  failLinks(world, watches, options.failures);
  await clock.drive(clock.sleep(MINUTE_MS));
  const after = watches.map(({ source, destination }) => routingOf(world, destination, source));
  await runAll(world, engine, watches, options, { runs: options.runsAfter, isAfter: true });
  return watches.map(({ state: _, ...watch }, i) => ({ ...watch, before: before[i], after: after[i] }));
}

async function runAll(
  world: SimulatedWorld,
  engine: ReverseTracerouteEngine,
  watches: readonly Watch[],
  { options, intervalMinutes }: StudyOptions,
  phase: { readonly runs: number; readonly isAfter: boolean },
): Promise<void> {
  const { clock } = world.internet;
  for (let run = 1; run <= phase.runs; run++) {
    let open = watches;
    for (let round = 0; open.length > 0 && round <= MOST_CONFIRMATIONS; round++) {
      const measured = open.map((watch) => runOnce(world, engine, watch, options, { run, isAfter: phase.isAfter }));
      const unconfirmed = await clock.drive(Promise.all(measured));
      open = open.filter((_, i) => unconfirmed[i]);
      for (const watch of open) watch.confirmations++;
      if (open.length > 0) await clock.drive(clock.sleep(CONFIRM_MS));
    }
    await clock.drive(clock.sleep(intervalMinutes * MINUTE_MS));
  }
}

/** Runs a watch once. Returns whether the run must be confirmed. */
async function runOnce(
  world: SimulatedWorld,
  engine: ReverseTracerouteEngine,
  watch: Watch,
  options: Partial<MeasurementOptions> | undefined,
  at: { readonly run: number; readonly isAfter: boolean },
): Promise<boolean> {
  const { source, destination } = watch;
  const result = await engine.measure({ source, destination, options: { ...WATCH_OPTIONS, ...options } });
  const { ipToAs, relations } = world;
  const facts = {
    ...{ ipToAs, relations, knowsAllRoutes: true },
    ...{ asName: () => undefined, nameOf: async () => undefined, resolve: async () => [] },
  };
  const seen = observe(toStoredResult(result, facts), {
    run: ++watch.runs,
    source: formatIpv4(source),
    identifiesRouter: (address) => world.aliases.routerKey(parseIpv4(address)) !== undefined,
  });
  if ('noFinding' in seen) return false;
  if (seen.reach === 'reached') watch.reached++;
  const { state, change, needsConfirmation } = judgeRun(watch.state, seen, samePlaceBy(world.aliases));
  watch.state = state;
  if (change !== undefined) watch.changes.push({ ...change, ...at });
  return needsConfirmation;
}

/** Fails links between routers of paths of watches, except access lines: their failures are outages, not changes of paths. */
function failLinks(world: SimulatedWorld, watches: readonly Watch[], count: number): void {
  const { internet } = world;
  const { routers } = internet.topology;
  const random = createRandom(internet.parameters.seed).fork('watch-failures');
  const now = internet.clock.now();
  const isCore = (router: number): boolean => routers.depth[router] <= 1;
  for (const { source, destination } of random.shuffle(watches).slice(0, count)) {
    const path = internet.truth.path(destination, source, now).routers;
    const links = path.slice(1).flatMap((next, at) => (isCore(path[at]) && isCore(next) ? [at] : []));
    if (links.length === 0) continue;
    const i = random.pick(links);
    const [link] = interfacesTowards(internet.topology, path[i], path[i + 1]);
    if (link !== undefined) internet.schedule({ type: 'linkDown', interface: link }, now + 1);
  }
}
