import { createRandom } from '@revtr/probing';
import { simParameters } from '@revtr/sim';
import { SimulatedWorld } from '../world/simulated-world.ts';
import { planBatches } from './plan/batches.ts';
import { planRestrictions } from './plan/restrictions.ts';
import { RECORD_FORMAT, type RunRecord } from './plan/run-record.ts';
import type { ScenarioName } from './plan/scenario-names.ts';
import { scheduleFaults } from './plan/schedule.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';
import { TARGETS } from './system/targets.ts';

export interface PlanRunOptions {
  readonly seed: number;
  readonly measurements: number;
  /** Scenario that has the faults. Default: faults are drawn. */
  readonly scenario?: ScenarioName | undefined;
  /** Time in which drawn faults begin, milliseconds. */
  readonly faultsForMs: number;
  /** Average time from one drawn fault to the next, milliseconds. */
  readonly everyMs: number;
  readonly system: RunRecord['system'];
  readonly programs: RunRecord['programs'];
}

/** Share of the time with faults over which clients submit. */
const SUBMITTED_SHARE = 0.9;

/** The simulated Internet of a run. Its datasets do not depend on the number of vantage points. */
export const worldOf = ({ size, worldSeed, sources }: RunRecord['system']): SimulatedWorld =>
  new SimulatedWorld({ parameters: simParameters(size, worldSeed, {}, 'published'), sources });

/** Draws what happens in a run. Equal options give equal records. `world` is that of `system`. */
export function planRun(options: PlanRunOptions, world: SimulatedWorld): RunRecord {
  const { seed, measurements, scenario, faultsForMs: forMs, everyMs, system, programs } = options;
  const chosen = scenario === undefined ? undefined : SCENARIOS[scenario];
  const random = createRandom(seed);
  const pairs = world.randomRequests(measurements, `chaos ${seed}`);
  const submitForMs = chosen?.submitForMs ?? forMs * SUBMITTED_SHARE;
  const vantagePoints = world.vantagePoints.slice(0, system.vantagePoints);
  const hosts = [...world.sources.map(({ address }) => address), ...vantagePoints];
  return {
    ...{ format: RECORD_FORMAT, programs, system, seed },
    ...(scenario !== undefined && { scenario }),
    batches: planBatches({ seed, pairs, users: system.users, submitForMs }),
    faults: [...(chosen?.faults ?? scheduleFaults(random.fork('faults'), TARGETS, { forMs, everyMs }))],
    restrictions: planRestrictions(random.fork('restrictions'), { pairs, submitForMs, hosts, vantagePoints }),
  };
}
