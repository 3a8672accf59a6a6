import { renderMeasurement, type Terminal } from '@revtr/cli';
import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { portProblem, readSettings } from '@revtr/controller';
import { SIMULATED_ASSUMPTIONS, SIMULATED_PUBLISHED_ASSUMPTIONS } from '@revtr/engine';
import { formatIpv4 } from '@revtr/net';
import { ProbingError, untilAborted } from '@revtr/probing';
import { startEmulator } from '@revtr/ripe-atlas-emulator';
import { isSize, SIZES, SimError, type Size, simParameters } from '@revtr/sim';
import { buildWeb, WEB_DIRECTORY } from '@revtr/web/build';
import { pino } from 'pino';
import { z } from 'zod';
import { ripeAtlasSettings } from '../world/ripe-atlas-settings.ts';
import { atlasesCollected, startSimulatedSystem } from '../world/simulated-system.ts';
import { SimulatedWorld } from '../world/simulated-world.ts';
import type { System } from '../world/system.ts';
import { compareWithTruth } from './compare.ts';
import { announceWithPrepends, DETOUR, measureDetour } from './detour.ts';
import { DetourCommands } from './detour-commands.ts';

export interface DemoOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly seed: string;
  readonly size: string;
  /** Only `detour`. */
  readonly scenario?: string | undefined;
  /** Whether virtual time runs as fast as the machine allows, ahead of real time, while measurements are under way. Default false. */
  readonly fast?: boolean;
}

const SOURCES = 3;
/** Destinations among which the demo looks for another one to suggest. All of them answer pings. */
const MOST_TRIED = 10;
/** In the demo, the page works without a key. */
const VISITOR_MEASUREMENTS = 1_000;
/**
 * Survey and atlases pass in virtual time, about nine minutes in less than one. The simulation begins so much earlier that its clock shows
 * real time when it is ready, and the atlas is as old as it would be on the Internet.
 */
const HEAD_START_MS = 600_000;
/** A newcomer sees files of the public archive after a minute. */
const ARCHIVE_EVERY_MS = 60_000;
/** One every five seconds. */
const DEMO_SELF_AUDITS_PER_DAY = 17_280;

/** Starts the system, measures one reverse traceroute, and runs until `signal` fires. Returns the exit code. */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const isDetour = options.scenario === 'detour';
  if (options.scenario !== undefined && !isDetour) {
    process.stderr.write('--scenario must be detour\n');
    return 2;
  }
  const seed = isDetour ? DETOUR.seed : Number(options.seed);
  const size = isDetour ? DETOUR.size : options.size;
  if (!Number.isSafeInteger(seed) || !isSize(size)) {
    process.stderr.write(`--seed must be an integer and --size one of ${Object.keys(SIZES).join(', ')}\n`);
    return 2;
  }
  const startedAt = performance.now();
  const say = (message: string): void => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
    (options.json ? process.stderr : process.stdout).write(`[${seconds} s] ${message}\n`);
  };
  try {
    return await demonstrate({ ...options, seed, size, isDetour }, say, signal);
  } catch (error) {
    if (signal.aborted && error instanceof ProbingError) {
      say('stopped');
      return 0;
    }
    if (error instanceof z.ZodError) {
      for (const { path, message } of error.issues) process.stderr.write(`demo: ${path.join('.')}: ${message}\n`);
      return 2;
    }
    if (!isExpected(error)) throw error;
    process.stderr.write(`demo: ${portProblem(error, readSettings(process.env)) ?? error.message}\n`);
    return 1;
  }
}

async function demonstrate(
  options: {
    readonly once: boolean;
    readonly json: boolean;
    readonly seed: number;
    readonly size: Size;
    readonly isDetour: boolean;
    readonly fast?: boolean;
  },
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const { once, json, seed, size, isDetour, fast = false } = options;
  const settings = readSettings({ REVTR_LOG_LEVEL: 'warn', REVTR_DATABASE: 'memory:', ...process.env });
  const world = new SimulatedWorld({
    parameters: simParameters(size, seed, {}, isDetour ? DETOUR.profile : 'published'),
    assumptions: isDetour ? SIMULATED_ASSUMPTIONS : SIMULATED_PUBLISHED_ASSUMPTIONS,
    sources: SOURCES,
    // With --once, the result must be reproducible. HTTP requests to the emulator take real time, which varies.
    atlas: once ? 'recordRoute' : 'none',
    onProgress: say,
    ...(!once && { startMs: Date.now() - HEAD_START_MS }),
  });
  if (isDetour) announceWithPrepends(world.internet, DETOUR.prepends);
  const { networks, routers } = world.internet.topology;
  say(`simulated Internet: ${networks.count} networks, ${routers.count} routers (seed ${seed}, ${size})`);
  if (!once && (await buildWeb())) say('built the web interface');
  const emulator = once ? undefined : await startEmulator(world);
  const { host, database, concurrency, maxBatch, logLevel } = settings;
  const port = once ? 0 : settings.port;
  // In a demonstration, figures should appear within minutes.
  const selfAudit = once ? undefined : { perDay: DEMO_SELF_AUDITS_PER_DAY, pairPauseMs: 0 };
  const ripeAtlas = emulator && ripeAtlasSettings(emulator);
  let system: System | undefined;
  try {
    system = await startSimulatedSystem(
      world,
      {
        host,
        port,
        database,
        concurrency,
        maxBatch,
        realTime: false,
        isLive: !once,
        // Time that runs ahead would end the leases of measurements that are under way.
        clock: fast ? 'machine' : 'simulation',
        signal,
        ripeAtlas,
        selfAudit,
        archive: settings.archive && { ...settings.archive, everyMs: ARCHIVE_EVERY_MS },
        ...(!once && { webDirectory: WEB_DIRECTORY, visitorMeasurementsPerDay: VISITOR_MEASUREMENTS }),
      },
      pino({ level: logLevel }, pino.destination(2)),
    );
    if (!once) {
      const sources = world.sources.map(({ address }) => formatIpv4(address));
      say('testing the agents, and collecting the atlas of each source through the emulated RIPE Atlas');
      await atlasesCollected(system, sources, say, signal);
      if (!fast) world.internet.clock.pace(Date.now());
    }
    say(`${once ? 'API' : 'web page and API'} at ${system.url}, key ${system.key}`);
    const measurement = await (isDetour ? measureDetour(system) : measureFirst(world, system));
    show(measurement, world, json);
    const detour = isDetour
      ? new DetourCommands(world, system, {
          ripeKey: ripeAtlas?.key,
          isPaced: !once && !fast,
          say,
          show: (again) => show(again, world, json),
        })
      : undefined;
    if (once) {
      await detour?.change(0);
      return 0;
    }
    explainUse(system, measurement, world, say);
    await Promise.race([untilAborted(signal), ...(detour === undefined ? [] : [detour.follow(process.stdin, signal)])]);
    say('stopping');
    return 0;
  } finally {
    await system?.stop();
    await emulator?.stop();
  }
}

function show(measurement: Measurement, { internet }: SimulatedWorld, json: boolean): void {
  const comparison = compareWithTruth(measurement, internet.truth);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...measurement, truth: comparison }, null, 2)}\n`);
  } else {
    process.stdout.write(`\n${renderMeasurement(measurement, terminal())}`);
    process.stdout.write(`${comparison.text}\n\n`);
  }
}

async function measureFirst(world: SimulatedWorld, { url, key }: System): Promise<Measurement> {
  const client = new ReverseTracerouteClient({ server: url, key });
  const [{ source, destination }] = world.randomPairs(1);
  const { batchId } = await client.submit([
    { src: formatIpv4(source), dst: formatIpv4(destination), isRunRttPings: true },
  ]);
  const { measurements } = await client.wait(batchId);
  return measurements[0];
}

function explainUse(
  { url, key }: System,
  { source, destination }: Measurement,
  world: SimulatedWorld,
  say: (message: string) => void,
): void {
  const others = world.randomPairs(MOST_TRIED).map((pair) => formatIpv4(pair.destination));
  const other = others.find((address) => address !== destination) ?? destination;
  // A simulated host whose agent connects as soon as an operator has approved it.
  const used = new Set(world.sources.map(({ address }) => address));
  const unused = world.internet.places.sources.find(({ address }) => !used.has(address));
  const spare = unused && formatIpv4(unused.address);
  process.stdout.write(
    [
      'To try it, run in another terminal:',
      `  export REVTR_SERVER=${url} REVTR_KEY=${key}`,
      '  npx revtr sources',
      '  npx revtr accuracy',
      `  npx revtr measure ${other} --to ${source}`,
      `  curl -H "Revtr-Key: $REVTR_KEY" ${url}/api/v1/revtr --data '{"revtrs":[{"src":"${source}","dst":"${destination}"}]}'`,
      `Or open ${url}/?from=${other}&to=${source} in a browser, and press Measure.`,
      ...(spare === undefined ? [] : [`To watch how a source is added, apply for ${spare} at ${url}/sources/apply.`]),
      `The API is described at ${url}/openapi.json.`,
      '',
    ].join('\n'),
  );
  say('running; press Ctrl-C to stop');
}

/** Whether an error comes from the machine or the arguments. The demo then prints its message without a stack trace. */
function isExpected(error: unknown): error is Error {
  if (error instanceof SimError) return true;
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EADDRINUSE' || error.code === 'EACCES' || error.code === 'directoryInUse')
  );
}

function terminal(): Terminal {
  return {
    environment: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    readFile: () => Promise.reject(new Error('the demo reads no files')),
    isInteractive: process.stdout.isTTY === true,
    isWatched: process.stderr.isTTY === true,
  };
}
