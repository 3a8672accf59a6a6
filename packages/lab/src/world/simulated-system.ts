import { ReverseTracerouteClient } from '@revtr/client';
import type { RipeAtlasSettings } from '@revtr/controller';
import { formatIpv4 } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { simulatedProbes } from '@revtr/sim';
import type { Logger } from 'pino';
import { type EmulatorOptions, PERMISSIONS, RipeAtlasEmulator } from '../ripe-atlas-emulator/emulator.ts';
import { openSimulatedDatasets } from './simulated-datasets.ts';
import { simulatedFacts } from './simulated-facts.ts';
import { simulatedMeasuring } from './simulated-measuring.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';

export interface SimulatedSystemOptions extends Omit<SystemOptions, 'sources' | 'ripeAtlas'> {
  /** Whether, after the preparation, simulated time passes as fast as real time. */
  readonly realTime: boolean;
  /**
   * An emulated RIPE Atlas: the system collects its atlases through it. Default: none, and the atlases are there when the system
   * starts.
   */
  readonly ripeAtlas?: Omit<EmulatorOptions, 'keys'> & { readonly keys?: EmulatorOptions['keys'] };
  /** Settings of the system's use of RIPE Atlas. */
  readonly atlas?: Partial<RipeAtlasSettings>;
  /** Told what is being done, for people. */
  readonly onProgress?: (message: string) => void;
  /** Ends the preparation early: the start then rejects with `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface SimulatedSystem extends System {
  /** The emulated RIPE Atlas, where there is one. */
  readonly emulator: RipeAtlasEmulator | undefined;
}

const SYSTEM_KEY = '00000000-0000-4000-8000-000000000001';
const SYSTEM_CREDITS = 1_000_000_000;

/** Prepares the world and starts the whole system on it. */
export async function startSimulatedSystem(
  world: SimulatedWorld,
  options: SimulatedSystemOptions,
  log: Logger,
): Promise<SimulatedSystem> {
  const { clock } = world.internet;
  const { ripeAtlas, realTime, signal, ...rest } = options;
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
    const startDriving = (): void => {
      const driving = clock.runUntil(over.signal);
      undo.push(() => {
        over.abort();
        return driving;
      });
    };
    if (ripeAtlas === undefined && realTime) clock.pace();
    startDriving();
    const emulator = ripeAtlas && (await startEmulator(world, ripeAtlas));
    undo.push(async () => emulator?.stop());
    const sources = world.sources.map(({ address, hostname, site }) => ({
      address: formatIpv4(address),
      hostname,
      site,
    }));
    const system = await startSystem(
      { ...rest, sources, ripeAtlas: emulator && settingsFor(emulator, options.atlas) },
      {
        measuring: simulatedMeasuring(
          network,
          world.vantagePoints,
          world.sources.map(({ address }) => address),
        ),
        facts: simulatedFacts(world.internet, knowledge),
        datasets,
        targetPolicy: world.targetPolicy,
        log,
      },
    );
    undo.push(() => system.stop());
    return { ...system, emulator, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Collects the atlases of all sources by the API, as their owners would. */
export async function collectAtlases(
  { url, key }: Pick<System, 'url' | 'key'>,
  sources: readonly string[],
  onProgress: (message: string) => void,
): Promise<void> {
  const { fleet } = new ReverseTracerouteClient({ server: url, key });
  for (const source of sources) {
    const { credits } = await fleet.estimateAtlas(source);
    onProgress(`collecting the atlas of ${source} through the emulated RIPE Atlas, for about ${credits} credits`);
    await fleet.runAtlas(source);
    const { runs } = await fleet.atlasWhenDone(source);
    const [{ report, spentCredits }] = runs;
    onProgress(`${report.arrived} of ${report.traceroutes} traceroutes arrived; it has cost ${spentCredits} credits`);
  }
}

async function startEmulator(
  world: SimulatedWorld,
  options: NonNullable<SimulatedSystemOptions['ripeAtlas']>,
): Promise<RipeAtlasEmulator> {
  const { internet, prober } = world;
  const account = { email: 'system@revtr.example', balance: SYSTEM_CREDITS, permissions: PERMISSIONS };
  const emulator = new RipeAtlasEmulator(
    { ...options, keys: { [SYSTEM_KEY]: account, ...options.keys } },
    {
      probes: simulatedProbes(internet.places.atlasProbes, internet.topology),
      prober,
      clock: internet.clock,
      random: createRandom(internet.parameters.seed).fork('ripe-atlas'),
    },
  );
  await emulator.start();
  return emulator;
}

const settingsFor = (emulator: RipeAtlasEmulator, changes: Partial<RipeAtlasSettings> = {}): RipeAtlasSettings => ({
  url: emulator.url,
  streamUrl: emulator.streamUrl,
  key: SYSTEM_KEY,
  probes: 1_000,
  refreshCreditsPerDay: 0,
  ...changes,
});
