import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { type LocalCluster, type PlannedProcess, startCluster, untilSourcesReady } from '@revtr/lab/local-cluster';
import type { Size } from '@revtr/sim';
import { processorSeconds } from '../process-figures.ts';
import { profiledElsewhere, profilingEnvironment } from '../profile/other-process.ts';
import { type Load, measured } from './load.ts';

export interface MeasuredClusterOptions {
  readonly layout: readonly PlannedProcess[];
  readonly size: Size;
  readonly sources: number;
  readonly vantagePoints: number;
  /** Measurements in progress at once, in each engine. */
  readonly concurrency: number;
}

/** Processor time of the parts of a system, in milliseconds for each measurement. */
export interface ProcessorTime {
  readonly controller: number;
  readonly agents: number;
  readonly database: number;
  /** 0 without a bus. */
  readonly bus: number;
}

const PREFIX = 'rbnch';
const SEED = 1;
const POLL_MS = 500;

/** A controller of one or several processes that measures through agents in another process, and is observed from outside. */
export class MeasuredCluster {
  readonly #cluster: LocalCluster;
  readonly #clients: readonly ReverseTracerouteClient[];
  readonly #controllers: readonly number[];
  readonly #profiles: string;
  #submitted = 0;

  private constructor(cluster: LocalCluster, { layout }: MeasuredClusterOptions, profiles: string) {
    this.#cluster = cluster;
    this.#clients = cluster.apis.map((server) => new ReverseTracerouteClient({ server, key: cluster.key }));
    this.#controllers = layout.map(({ name }) => this.#pidOf(name));
    this.#profiles = profiles;
  }

  /** Starts everything, and waits until all agents are connected. The atlases of the sources are ready. Requires root. */
  static async start(options: MeasuredClusterOptions): Promise<MeasuredCluster> {
    const { concurrency, ...rest } = options;
    const profiles = mkdtempSync(join(tmpdir(), 'revtr-bench-profiles-'));
    const onProgress = (message: string): void => void process.stderr.write(`${message}\n`);
    const environment = {
      REVTR_CONCURRENCY: String(concurrency),
      ...profilingEnvironment(profiles),
    };
    const starting = startCluster({
      ...rest,
      hasAtlases: true,
      prefix: PREFIX,
      seed: SEED,
      environment,
      onProgress,
    });
    // The processes are not in the group of the terminal. What a start has created can be removed once it has ended.
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void stopAndExit(starting, profiles));
    const cluster = await starting;
    const system = new MeasuredCluster(cluster, options, profiles);
    try {
      await system.#untilConnected();
      onProgress('all agents are connected');
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** Measures pairs that no earlier call has measured, and returns the processor time that each took. */
  async measure(count: number): Promise<Load & { readonly processorMs: ProcessorTime }> {
    const before = this.#processorSeconds();
    const load = await this.#load(count);
    const after = this.#processorSeconds();
    const each = (part: keyof ProcessorTime): number => Math.round(((after[part] - before[part]) * 1e6) / count) / 1000;
    const processorMs = {
      controller: each('controller'),
      agents: each('agents'),
      database: each('database'),
      bus: each('bus'),
    };
    return { ...load, processorMs };
  }

  /** Measures pairs while the controller is profiled, and returns its largest costs. */
  async costs(count: number) {
    const { costs } = await profiledElsewhere(this.#controllers, this.#profiles, () => this.#load(count));
    return costs;
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
    rmSync(this.#profiles, { recursive: true, force: true });
  }

  async #load(count: number): Promise<Load> {
    await untilSourcesReady(this.#clients[0]);
    const pairs = this.#cluster.world.randomRequests(count, `load ${this.#submitted}`);
    this.#submitted += count;
    return measured(this.#clients, pairs);
  }

  #pidOf(name: string): number {
    const pid = this.#cluster.processes.get(name)?.pid;
    if (pid === undefined) throw new Error(`${name} is not running`);
    return pid;
  }

  #processorSeconds(): ProcessorTime {
    const { processes } = this.#cluster;
    const of = (name: string): number => (processes.has(name) ? processorSeconds(this.#pidOf(name)) : 0);
    const controller = this.#controllers.reduce((sum, pid) => sum + processorSeconds(pid), 0);
    return { controller, agents: of('fleet'), database: of('postgres'), bus: of('nats') };
  }

  async #untilConnected(): Promise<void> {
    const [client] = this.#clients;
    const isUsable = ({ connected, state }: { readonly connected: boolean; readonly state: string }): boolean =>
      connected && state === 'ready';
    while (!(await client.fleet.agents()).every(isUsable)) await sleep(POLL_MS);
  }
}

async function stopAndExit(starting: Promise<LocalCluster>, profiles: string): Promise<void> {
  try {
    await (await starting).stop();
  } finally {
    rmSync(profiles, { recursive: true, force: true });
    process.exit(1);
  }
}
