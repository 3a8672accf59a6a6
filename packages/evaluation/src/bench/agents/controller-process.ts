import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { generateApiKey, openDatabase, parseDatabaseSettings } from '@revtr/storage';
import { profilingEnvironment } from '../profile/other-process.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('@revtr/controller/main'));
/** As `npm run controller`, the image and the systemd units start it. */
const YOUNG_GENERATION = '--max-semi-space-size=32';
const POLL_MS = 20;
const PER_INSERT = 1_000;

/** How a controller differs from one with default settings. */
export interface ControllerProcessOptions {
  /** See `REVTR_DATABASE`. Default: an embedded one in the directory of the controller. */
  readonly database?: string | undefined;
  /** Further variables of its environment. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The real controller in a separate process that can be restarted. */
export class ControllerProcess {
  readonly key = generateApiKey();
  readonly #directory: string;
  readonly #ports: { readonly api: number; readonly gateway: number };
  readonly #options: ControllerProcessOptions;
  #child: ChildProcess | undefined;
  #starts = 0;

  private constructor(
    directory: string,
    ports: { readonly api: number; readonly gateway: number },
    options: ControllerProcessOptions,
  ) {
    this.#directory = directory;
    this.#ports = ports;
    this.#options = options;
  }

  /** `directory`: for all files of the controller, the profiles of {@link profilingEnvironment} among them. */
  static async in(directory: string, options: ControllerProcessOptions = {}): Promise<ControllerProcess> {
    return new ControllerProcess(directory, { api: await freePort(), gateway: await freePort() }, options);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the controller is not running');
    return this.#child.pid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.api}`;
  }

  get gatewayPort(): number {
    return this.#ports.gateway;
  }

  /** The root certificate that agents need, PEM, once the controller has started. */
  get rootCertificate(): string {
    return readFileSync(join(this.#directory, 'authority', 'root.crt'), 'utf8');
  }

  /** Writes vantage points into the database, before the first start. */
  async register(vantagePoints: readonly Ipv4Address[]): Promise<void> {
    const { db, close } = await openDatabase(parseDatabaseSettings(this.#database));
    try {
      for (let i = 0; i < vantagePoints.length; i += PER_INSERT) {
        const rows = vantagePoints.slice(i, i + PER_INSERT).map((address) => {
          const text = formatIpv4(address);
          return { address: text, hostname: text, site: '', kind: 'vantagePoint', state: 'ready' } as const;
        });
        await db.insertInto('agents').values(rows).execute();
      }
    } finally {
      await close();
    }
  }

  /** Starts the controller and waits until it accepts agents. */
  async start(): Promise<void> {
    const inDirectory = (name: string): string => join(this.#directory, name);
    const log = openSync(this.#log, 'a');
    this.#child = spawn(process.execPath, [YOUNG_GENERATION, PROGRAM], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...profilingEnvironment(this.#directory),
        REVTR_PORT: String(this.#ports.api),
        REVTR_GATEWAY_HOST: '127.0.0.1',
        REVTR_GATEWAY_PORT: String(this.#ports.gateway),
        REVTR_DATABASE: this.#database,
        REVTR_AUDIT_DIRECTORY: inDirectory('audit'),
        REVTR_AUTHORITY: inDirectory('authority'),
        REVTR_DATASETS: inDirectory('datasets'),
        REVTR_OPERATOR_KEY: this.key,
        REVTR_SELF_AUDITS_PER_DAY: '0',
        REVTR_SURVEY_PROBES_PER_HOUR: '0',
        ...this.#options.environment,
      },
    });
    closeSync(log);
    this.#starts++;
    const hasStarted = (): boolean => readFileSync(this.#log, 'utf8').split('"msg":"started"').length > this.#starts;
    while (!hasStarted()) {
      if (this.#child.exitCode !== null) throw new Error(`the controller ended: ${readFileSync(this.#log, 'utf8')}`);
      await sleep(POLL_MS);
    }
  }

  /** Ends the controller at once. The database survives. */
  async kill(): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    this.#child = undefined;
  }

  get #database(): string {
    return this.#options.database ?? join(this.#directory, 'data');
  }

  get #log(): string {
    return join(this.#directory, 'controller.log');
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
