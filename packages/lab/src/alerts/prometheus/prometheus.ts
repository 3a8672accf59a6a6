import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { untilReady } from '../../cluster/servers.ts';
import { ManagedProcess } from '../../deployment/managed-process.ts';
import { KernelLabError } from '../../namespaces/errors.ts';
import { SCRAPE_SECONDS } from './faster-rules.ts';

const PROMETHEUS = '/usr/bin/prometheus';
const PORT = 9090;

const answerSchema = z.object({
  data: z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })) }),
});

/** An alert whose condition holds. */
export interface ActiveAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the condition has held as long as its rule demands. */
  readonly isFiring: boolean;
}

export interface PrometheusOptions {
  readonly namespace: string;
  /** Dotted quad at which this process reaches the namespace. */
  readonly address: string;
  /** Directory for its files. */
  readonly directory: string;
  readonly rules: string;
  /** `host:port` of the metrics of each process by its name, which becomes the label `instance`. */
  readonly targets: ReadonlyMap<string, string>;
}

/** A Prometheus server that reads the metrics of all processes of a controller. */
export class Prometheus {
  readonly #url: string;
  readonly #process: ManagedProcess;

  /** Prepares a server, which is not started. @throws {KernelLabError} `notReady` when it is not installed */
  constructor({ namespace, address, directory, rules, targets }: PrometheusOptions) {
    if (!existsSync(PROMETHEUS)) {
      const message = 'Prometheus is not installed: apt-get install prometheus';
      throw new KernelLabError('notReady', message, { host: 'prometheus' });
    }
    const own = join(directory, 'prometheus');
    mkdirSync(own);
    writeFileSync(join(own, 'alerts.yml'), rules);
    const config = {
      global: {
        scrape_interval: `${SCRAPE_SECONDS}s`,
        scrape_timeout: `${SCRAPE_SECONDS}s`,
        evaluation_interval: '1s',
      },
      rule_files: ['alerts.yml'],
      scrape_configs: [
        {
          job_name: 'revtr',
          static_configs: [...targets].map(([instance, target]) => ({ targets: [target], labels: { instance } })),
        },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(own, 'prometheus.yml'), JSON.stringify(config));
    this.#url = `http://${address}:${PORT}`;
    this.#process = new ManagedProcess({
      namespace,
      command: [
        ...[PROMETHEUS, `--config.file=${join(own, 'prometheus.yml')}`, `--storage.tsdb.path=${join(own, 'data')}`],
        ...[`--web.listen-address=0.0.0.0:${PORT}`, '--log.level=warn'],
      ],
      logFile: join(directory, 'prometheus.log'),
    });
  }

  /** Starts the server. @throws {KernelLabError} `notReady` after two minutes */
  async start(): Promise<void> {
    this.#process.start();
    await untilReady('Prometheus', () =>
      this.active().then(
        () => true,
        () => false,
      ),
    );
  }

  /** The alerts whose conditions hold now, whether they fire already or not. */
  async active(): Promise<ActiveAlert[]> {
    const response = await fetch(`${this.#url}/api/v1/alerts`);
    const { alerts } = answerSchema.parse(await response.json()).data;
    return alerts.flatMap(({ labels: { alertname: name, ...labels }, state }) =>
      name === undefined ? [] : [{ name, labels, isFiring: state === 'firing' }],
    );
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }
}
