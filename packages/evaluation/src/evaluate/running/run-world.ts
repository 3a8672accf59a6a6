import {
  asPathOf,
  networksOfHops,
  type ReverseTraceroute,
  ReverseTracerouteEngine,
  type RouterOwners,
  SIMULATED_ASSUMPTIONS,
  SIMULATED_PUBLISHED_ASSUMPTIONS,
} from '@revtr/engine';
import { inParallel } from '@revtr/probing';
import { judge } from '../../judging/judge.ts';
import { type Truth, truthOf } from '../../judging/truth.ts';
import { type EvaluatedPlan, PLANS } from '../units/plans.ts';
import type { AtlasContent, Unit } from '../units/unit.ts';
import type { EvaluatedResult, UnitResult } from '../units/unit-result.ts';
import { choosePairs, type EvaluatedPair } from '../world/destinations.ts';
import { createWorld, type EvaluationWorld } from '../world/evaluation-world.ts';
import { ownersFrom } from '../world/owners.ts';
import { Preparation } from '../world/preparation.ts';
import { TraceroutesOnDemand } from '../world/traceroutes-on-demand.ts';
import { visibleRouters } from '../world/visible-routers.ts';

/** Parallel measurements. The number is small because later measurements learn from earlier ones, as in production. */
const CONCURRENCY = 20;
const HOUR_MS = 3_600_000;
/** Longer than the reuse of measured hops, so only the atlas keeps information about earlier measurements. */
const PAUSE_MS = 2 * HOUR_MS;

/** What all units of one world share. */
interface SharedWorld {
  readonly created: EvaluationWorld;
  readonly preparation: Preparation;
  readonly truth: Truth;
  readonly pairs: readonly EvaluatedPair[];
  /** When the measurement of a pair begins, milliseconds since the Unix epoch. */
  readonly startsAt: (index: number) => number;
  readonly visible: readonly (ReadonlySet<number> | undefined)[];
  /** The owners of routers that the atlas of a fleet shows, or a part of it. */
  readonly ownersBy: (content: EvaluatedPlan['needs']['atlas'], fleet: number) => Promise<RouterOwners>;
}

/**
 * Generates a simulated Internet, measures its pairs with each unit, and judges the results. All units must have the same world. The
 * Internet, the survey and the atlases are made once, and every unit starts from them. Equal units give equal results.
 */
export async function runWorld(units: readonly Unit[], onResult: (result: UnitResult) => void): Promise<void> {
  const created = createWorld(units[0]);
  const { pairs: count, hours } = units[0];
  const preparation = new Preparation(created);
  const pairs = choosePairs(created.world, count);
  const truth = truthOf(created.world.internet);
  const first = preparation.measurementsAt + PAUSE_MS;
  const startsAt = (index: number): number => first + (index / pairs.length) * hours * HOUR_MS;
  const internet = created.restart(first);
  const visible = await visibleRouters(pairs, startsAt, { internet, truth });
  const { aliases, ipToAs, relations } = created.world;
  const known = new Map<string, Promise<RouterOwners>>();
  const ownersBy: SharedWorld['ownersBy'] = (content, fleet) => {
    const key = `${content} ${fleet}`;
    const owners =
      known.get(key) ??
      preparation.atlasWith(content, fleet).then((atlas) => ownersFrom({ atlas, aliases, ipToAs, relations }));
    known.set(key, owners);
    return owners;
  };
  const shared = { created, preparation, truth, pairs, startsAt, visible, ownersBy };
  for (const unit of units) onResult(await runUnit(unit, shared));
}

async function runUnit(unit: Unit, shared: SharedWorld): Promise<UnitResult> {
  const { created, preparation, truth, pairs, startsAt, visible, ownersBy } = shared;
  const evaluated = withContent(PLANS[unit.plan], unit.atlas);
  const { internet, collaborators, cost } = await preparation.forPlan(evaluated, unit.fleet);
  const { clock } = internet;
  const { ipToAs, relations } = created.world;
  const searchWith =
    (owners: RouterOwners) =>
    (hops: ReverseTraceroute['hops']): number[] =>
      asPathOf(networksOfHops(hops, { ipToAs, relations, owners }));
  // The paths of all plans are searched with the whole atlas, whatever a plan uses of it.
  const searchedNetworksOf = searchWith(await ownersBy('recordRoute', unit.fleet));
  const networksOf = evaluated.showsOperators
    ? searchWith(await ownersBy(evaluated.needs.atlas, unit.fleet))
    : undefined;
  const assumptions = unit.profile === 'kind' ? SIMULATED_ASSUMPTIONS : SIMULATED_PUBLISHED_ASSUMPTIONS;
  const engine = new ReverseTracerouteEngine({ plan: evaluated.plan, assumptions }, collaborators);
  const onDemand = evaluated.asksTraceroutes ? new TraceroutesOnDemand(internet, collaborators) : undefined;
  const results: EvaluatedResult[] = new Array(pairs.length);
  const measureAll = async (): Promise<void> => {
    if (unit.atlas !== 'usual') {
      const before = created.world.randomPairs(unit.pairs, 'before');
      await inParallel(before.length, CONCURRENCY, async (i) => void (await engine.measure(before[i])));
    }
    await inParallel(pairs.length, CONCURRENCY, async (i) => {
      const { source, destination, kind, isUsual } = pairs[i];
      await clock.sleep(Math.max(0, startsAt(i) - clock.now()));
      const askTraceroute = onDemand?.askerFor(source);
      const result = await engine.measure({ source, destination }, { ...(askTraceroute && { askTraceroute }) });
      const judged = judge(result, { truth, ipToAs, networksOf, searchedNetworksOf, visible: visible[i] });
      const network = ipToAs.originOf(destination) ?? 0;
      const { spoofedRecordRouteMs: spoofedRoundsMs } = result.stats;
      results[i] = { ...judged, source, destination: kind, network, spoofedRoundsMs, isUsual };
    });
  };
  await clock.drive(measureAll());
  return { unit, preparation: cost, silentShare: silentShareOf(created), pairs: results };
}

/** Share of the /24s with hosts in which no host answers pings. */
function silentShareOf({ world }: EvaluationWorld): number {
  const { topology, places } = world.internet;
  const all = new Set(topology.hosts.prefixes.map(({ address }) => address >>> 8));
  return 1 - places.hitlist.length / all.size;
}

/** The plan with another content of the atlas than its usual one. */
function withContent(evaluated: EvaluatedPlan, content: AtlasContent): EvaluatedPlan {
  if (content === 'usual') return evaluated;
  return {
    ...evaluated,
    plan: { ...evaluated.plan, growsAtlas: content === 'grown' },
    needs: { ...evaluated.needs, atlas: content === 'grown' ? 'recordRoute' : content },
  };
}
