import { ReverseTracerouteClient } from '@revtr/client';
import { createRandom, systemClock } from '@revtr/probing';
import type { Size } from '@revtr/sim';
import { throwIfStopped } from '../namespaces/errors.ts';
import { checkOut } from './checkout.ts';
import { type LocalCluster, startCluster } from './cluster.ts';
import { countEndings, wrongEndings } from './endings.ts';
import { separateProcesses } from './process-layout.ts';
import { psql } from './psql.ts';
import { untilReady } from './servers.ts';

export interface UpgradeOptions {
  /** The version with which the cluster starts: a commit, tag or branch of Git. */
  readonly from: string;
  /** See `LocalClusterOptions`. */
  readonly prefix: string;
  readonly size: Size;
  readonly seed: number;
  readonly perRole: number;
  readonly onProgress: (message: string) => void;
  /** Ends the upgrade and the cluster. */
  readonly signal: AbortSignal;
}

/** What a rolling upgrade has shown. */
export interface UpgradeReport {
  /** The commit of the old version. */
  readonly from: string;
  /** Processes in the order in which they were replaced. */
  readonly replaced: readonly string[];
  /** Migrations that the new version made while processes of the old one ran. */
  readonly migrations: readonly string[];
  /** Batches and pairs that an API acknowledged. */
  readonly batches: number;
  readonly pairs: number;
  /** Submissions that failed, by reason: an API that is being replaced does not answer. */
  readonly failures: ReadonlyMap<string, number>;
  /** What is wrong; empty after a good upgrade. */
  readonly faults: readonly string[];
}

const SOURCES = 4;
const VANTAGE_POINTS = 10;
const PAIRS_IN_BATCH = 10;
const PAUSE_MS = 1_000;

/**
 * Starts a cluster of an old version, and replaces one process after the other by this version while batches are submitted. All processes are replaced in
 * an order that the seed decides: the versions must work together in any order. Requires root.
 * @throws {KernelLabError} `commandFailed`, `notReady`, `stopped`
 */
export async function upgradeCluster(options: UpgradeOptions): Promise<UpgradeReport> {
  const { from, onProgress, seed, perRole, signal, ...rest } = options;
  const old = await checkOut(from);
  try {
    onProgress(`starting version ${old.commit}`);
    const hosts = { sources: SOURCES, vantagePoints: VANTAGE_POINTS };
    const layout = separateProcesses(perRole);
    const cluster = await startCluster({ ...rest, ...hosts, seed, layout, onProgress, signal, version: old });
    try {
      const order = createRandom(seed).shuffle(layout.map(({ name }) => name));
      return { from: old.commit, ...(await replaceAll(cluster, order, { onProgress, signal })) };
    } finally {
      await cluster.stop();
    }
  } finally {
    old.remove();
  }
}

async function replaceAll(
  cluster: LocalCluster,
  order: readonly string[],
  { onProgress, signal }: Pick<UpgradeOptions, 'onProgress' | 'signal'>,
): Promise<Omit<UpgradeReport, 'from'>> {
  const clients = cluster.apis.map((server) => new ReverseTracerouteClient({ server, key: cluster.key }));
  const [client] = clients;
  const { database } = cluster;
  await untilConnected(client);
  await countEndings(database);
  const before = await migrationsOf(database);
  const load = new Load(cluster, clients);
  load.start(signal);
  for (const name of order) {
    throwIfStopped(signal);
    await systemClock.sleep(PAUSE_MS);
    await cluster.replace(name);
    onProgress(`${name} runs this version`);
  }
  await systemClock.sleep(PAUSE_MS);
  await load.stop();
  await untilConnected(client);
  const faults: string[] = [];
  for (const [i, { batchId, pairs }] of load.accepted.entries()) {
    const { measurements } = await clients[i % clients.length].wait(batchId);
    const ended = measurements.filter(({ result }) => result !== undefined).length;
    if (measurements.length !== pairs || ended !== pairs)
      faults.push(`batch ${batchId}: ${ended} of ${pairs} pairs have ended`);
  }
  // Batches whose API was replaced before it answered have measurements too.
  await untilReady(
    'queue',
    async () => (await psql(database, "select 1 from measurements where state <> 'done' limit 1;")).length === 0,
  );
  for (const wrong of await wrongEndings(database)) faults.push(`measurement and number of its ends: ${wrong}`);
  const after = await migrationsOf(database);
  return {
    replaced: order,
    migrations: after.filter((name) => !before.includes(name)),
    batches: load.accepted.length,
    pairs: load.accepted.reduce((sum, { pairs }) => sum + pairs, 0),
    failures: load.failures,
    faults,
  };
}

/** Submits a batch every half second, through one API after the other. */
class Load {
  readonly accepted: { readonly batchId: number; readonly pairs: number }[] = [];
  readonly failures = new Map<string, number>();
  readonly #cluster: LocalCluster;
  readonly #clients: readonly ReverseTracerouteClient[];
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(cluster: LocalCluster, clients: readonly ReverseTracerouteClient[]) {
    this.#cluster = cluster;
    this.#clients = clients;
  }

  start(signal: AbortSignal): void {
    signal.addEventListener('abort', () => this.#stopping.abort(), { once: true });
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let i = 0; !this.#stopping.signal.aborted; i++) {
      const pairs = this.#cluster.world.randomRequests(PAIRS_IN_BATCH, `batch ${i}`);
      try {
        const { batchId } = await this.#clients[i % this.#clients.length].submit(pairs);
        this.accepted.push({ batchId, pairs: pairs.length });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
      }
      await systemClock.sleep(PAUSE_MS / 2);
    }
  }
}

async function untilConnected(client: ReverseTracerouteClient): Promise<void> {
  await untilReady('fleet', async () => {
    const agents = await client.fleet.agents().catch(() => []);
    return agents.length > 0 && agents.every(({ connected }) => connected);
  });
}

const migrationsOf = (url: string): Promise<string[]> => psql(url, 'select name from kysely_migration order by name;');

/** Says what a rolling upgrade has shown. */
export function renderUpgrade({ from, replaced, migrations, batches, pairs, failures, faults }: UpgradeReport): string {
  const lines = [
    `upgraded from ${from}: ${replaced.length} processes, in the order ${replaced.join(', ')}`,
    `migrations while old processes ran: ${migrations.length === 0 ? 'none' : migrations.join(', ')}`,
    `${batches} batches with ${pairs} pairs were accepted`,
    ...[...failures].map(([reason, count]) => `${count} submissions failed: ${reason}`),
    ...(faults.length === 0 ? ['every accepted pair ended exactly once'] : faults),
  ];
  return `${lines.map((line) => `${line}\n`).join('')}`;
}
