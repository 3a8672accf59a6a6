import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { datasetFiles, type NetworkFault, type Size, simulatedProbes } from '@revtr/sim';
import { StarNetwork } from '../../chaos/network/star-network.ts';
import { ChaosSystem, HEALTH_PORT } from '../../chaos/system/chaos-system.ts';
import { setFault } from '../../cluster/fleet/fault.ts';
import { SmallDisk } from '../../deployment/small-disk.ts';
import type { SimulatedWorld } from '../../world/simulated-world.ts';
import { WIDE_BUDGETS } from '../../world/wide-budgets.ts';
import { Prometheus } from '../prometheus/prometheus.ts';
import { DatasetServer } from './dataset-server.ts';
import { MailServer } from './mail-server.ts';

export interface AlertSystemOptions {
  /** Starts the names of the network namespaces. At most five characters. */
  readonly prefix: string;
  /** Directory for logs and files. */
  readonly directory: string;
  readonly system: {
    readonly size: Size;
    readonly worldSeed: number;
    readonly vantagePoints: number;
    readonly users: number;
  };
  readonly rules: string;
  readonly onProgress: (message: string) => void;
}

const SMTP_PORT = 25;
const HTTP_PORT = 80;
const COLD_MIB = 8;
const SELF = 'operator';
/** Addresses that answer pings, by which agents find out whether they have a connection. */
const TARGETS = 4;
/** As many as the setting allows. */
const SELF_AUDITS_PER_DAY = 10_000;
/** Circuit breakers have their defaults, but a network is probed again after a pause of so many seconds. */
const CIRCUITS = { openSeconds: 10 };

/** A cluster, what it needs of other systems, and a Prometheus server that watches it. */
export interface AlertSystem {
  readonly chaos: ChaosSystem;
  readonly prometheus: Prometheus;
  readonly mails: MailServer;
  readonly datasets: DatasetServer;
  /** The disk of cold results. */
  readonly coldDisk: SmallDisk;
  /** Directory of the datasets of all processes. */
  readonly datasetDirectory: string;
  /** Clients of the first API with the key of the operator, and with that of a user without limits. */
  readonly operator: ReverseTracerouteClient;
  readonly user: ReverseTracerouteClient;
  /** Lets a fault of the Internet of the simulated agents begin, or end. */
  readonly suffer: (fault: NetworkFault | undefined) => void;
}

/**
 * Starts a system. This process needs a network namespace of its own. `undo` receives what must be done at the end, in reverse order, also when this fails.
 * @throws {KernelLabError} `notReady`, `commandFailed`
 */
export async function startAlertSystem(
  options: AlertSystemOptions,
  { world }: { readonly world: SimulatedWorld },
  undo: (() => Promise<void>)[],
): Promise<AlertSystem> {
  const { prefix, directory, system, rules, onProgress } = options;
  const mails = new MailServer();
  const datasets = new DatasetServer(probesOf(world));
  // From the first try on: the alert waits for a day.
  datasets.isFailing = true;
  const coldDisk = new SmallDisk({ mib: COLD_MIB });
  undo.push(async () => coldDisk.remove());
  const prepare = async (network: StarNetwork): Promise<Record<string, string>> => {
    const { address } = await network.join(SELF);
    await mails.start(SMTP_PORT, address);
    undo.push(async () => mails.stop());
    await datasets.start(HTTP_PORT, address);
    undo.push(async () => datasets.stop());
    const sources = join(directory, 'sources.json');
    writeFileSync(sources, JSON.stringify({ ripeProbes: { url: `http://${address}:${HTTP_PORT}/` } }));
    const budgets = join(directory, 'safety.json');
    writeFileSync(budgets, JSON.stringify({ budgets: WIDE_BUDGETS.budgets, circuits: CIRCUITS }));
    return {
      REVTR_BUDGETS: budgets,
      REVTR_SELF_AUDITS_PER_DAY: String(SELF_AUDITS_PER_DAY),
      REVTR_SMTP: `smtp://${address}:${SMTP_PORT}`,
      REVTR_DATASET_SOURCES: sources,
      REVTR_COLD_DIRECTORY: coldDisk.directory,
      REVTR_COLD_AFTER_DAYS: '1',
      REVTR_TEST_TARGETS: world
        .randomRequests(TARGETS, 'test targets')
        .map(({ dst }) => dst)
        .join(','),
    };
  };
  const onDeath = (name: string): void => onProgress(`${name} has died`);
  const chaos = await ChaosSystem.start(
    { ...system, prefix, directory, onProgress, onDeath, prepare },
    { world },
    undo,
  );
  const targets = new Map(
    [...chaos.controllers.keys()].map(
      (name) => [name, `${chaos.network.addressesOf(name)[0]}:${HEALTH_PORT}`] as const,
    ),
  );
  const place = { namespace: chaos.network.router, address: StarNetwork.gateway, directory };
  const prometheus = new Prometheus({ ...place, rules, targets });
  undo.push(() => prometheus.kill());
  await prometheus.start();
  const client = (key: string) => new ReverseTracerouteClient({ server: chaos.apis[0], key });
  return {
    ...{ chaos, prometheus, mails, datasets, coldDisk, datasetDirectory: join(directory, 'datasets') },
    ...{ operator: client(chaos.operatorKey), user: client(chaos.userKeys[0]) },
    suffer: (fault) => setFault(chaos.fleet, { directory }, fault),
  };
}

/** The dataset that the dataset server has: no process has a copy of it. */
function probesOf({ internet: { places, topology }, data }: SimulatedWorld): string {
  const probes = simulatedProbes(places.atlasProbes, topology);
  return datasetFiles(data, { probes, hitlist: places.hitlist }).ripeProbes ?? '';
}
