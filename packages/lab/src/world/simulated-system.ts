import { ReverseTracerouteClient } from '@revtr/client';
import type { SafetySettings } from '@revtr/controller';
import { formatIpv4 } from '@revtr/net';
import { orCancelled, systemClock } from '@revtr/probing';
import type { Place } from '@revtr/sim';
import type { Logger } from 'pino';
import { openSimulatedDatasets } from './simulated-datasets.ts';
import { simulatedFacts } from './simulated-facts.ts';
import { simulatedMeasuring } from './simulated-measuring.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';
import { WIDE_BUDGETS } from './wide-budgets.ts';

export interface SimulatedSystemOptions extends Omit<SystemOptions, 'sources' | 'safety'> {
  /** Limits of probing. Default: budgets so wide that no probe meets them. */
  readonly safety?: SafetySettings;
  /** Whether probes pass the safety rules, the audit among them. Default: `true`; a benchmark compares. */
  readonly isGuarded?: boolean;
  /** Whether virtual time runs at the speed of real time after the preparation. If false, it runs as fast as possible. */
  readonly realTime: boolean;
  /**
   * Whether the system behaves like one on the Internet: its hosts have agents, which connect and are tested. Default false: no agent
   * connects.
   */
  readonly isLive?: boolean;
  /**
   * Whose time the controller tells: that of the simulation, which results have, or that of the machine. Default: that of the simulation
   * for a live system, and that of the machine for others, whose virtual time runs ahead.
   */
  readonly clock?: 'simulation' | 'machine';
  /** Cancels the preparation. */
  readonly signal?: AbortSignal;
}

/**
 * Prepares a simulated world (survey and atlases) and starts database, controller and API on it.
 * @throws {ProbingError} `cancelled` when `signal` fires during the preparation
 * @throws {StorageError} when the database cannot be opened
 */
export async function startSimulatedSystem(
  world: SimulatedWorld,
  options: SimulatedSystemOptions,
  log: Logger,
): Promise<System> {
  const { clock } = world.internet;
  const { realTime, signal, safety = WIDE_BUDGETS, isGuarded = true, isLive = false, ...rest } = options;
  const { clock: told = isLive ? 'simulation' : 'machine', ...settings } = rest;
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const datasets = await openSimulatedDatasets(world.internet, world.data);
    undo.push(() => datasets.remove());
    const { knowledge } = datasets;
    const network = await clock.drive(world.prepare(signal, knowledge));
    const over = new AbortController();
    if (realTime) clock.pace(isLive ? Date.now() : undefined);
    const driving = clock.runUntil(over.signal);
    undo.push(() => {
      over.abort();
      return driving;
    });
    const { places } = world.internet;
    const vantagePoints = isLive ? places.vantagePoints : [];
    const system = await startSystem(
      { ...settings, safety, sources: world.sources.map(toHost), vantagePoints: vantagePoints.map(toHost) },
      {
        measuring: simulatedMeasuring(
          network,
          {
            vantagePoints: world.vantagePoints,
            sources: world.sources.map(({ address }) => address),
            assumptions: world.assumptions,
            agents: isLive ? [...places.vantagePoints, ...places.sources].map(({ address }) => address) : undefined,
          },
          isGuarded,
        ),
        facts: simulatedFacts(world.internet, knowledge),
        datasets,
        targetPolicy: world.targetPolicy,
        clock: told === 'simulation' ? { now: () => clock.now(), sleep: systemClock.sleep } : systemClock,
        log,
      },
    );
    undo.push(() => system.stop());
    return { ...system, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const toHost = ({ address, hostname, site }: Place) => ({ address: formatIpv4(address), hostname, site });

/** Pause between questions whether the atlas of a source is being collected, milliseconds. */
const ASK_AGAIN_MS = 200;

/**
 * Waits until a live system has collected the atlas of each source, which begins when the agent of the source has passed its tests. Sources
 * are dotted quads. @throws {ProbingError} `cancelled` when `signal` fires first
 */
export async function atlasesCollected(
  { url, key }: Pick<System, 'url' | 'key'>,
  sources: readonly string[],
  onProgress: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { fleet } = new ReverseTracerouteClient({ server: url, key });
  for (const source of sources) {
    const isQuarantined = async () => (await fleet.agent(source)).state === 'quarantined';
    while ((await fleet.atlas(source)).runs.length === 0 && !(await isQuarantined()))
      await systemClock.sleep(ASK_AGAIN_MS, signal);
    const { runs } = await orCancelled(fleet.atlasWhenDone(source), signal);
    if (runs.length === 0) {
      onProgress(`the agent of ${source} failed its tests and is in quarantine`);
      continue;
    }
    const [{ report, spentCredits }] = runs;
    onProgress(
      `atlas of ${source}: ${report.arrived} of ${report.traceroutes} traceroutes arrived; it cost ${spentCredits} credits`,
    );
  }
}
