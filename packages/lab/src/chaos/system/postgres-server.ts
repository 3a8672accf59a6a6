import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { psql } from '../../cluster/psql.ts';
import { postgresPrograms, untilReady } from '../../cluster/servers.ts';
import { ManagedProcess } from '../../deployment/managed-process.ts';

const run = promisify(execFile);

const SETTINGS = {
  listen_addresses: '*',
  max_connections: '200',
  // A fault kills processes, not the machine: what the kernel has is safe.
  fsync: 'off',
  wal_keep_size: '2GB',
  max_wal_size: '2GB',
  // A replica that was cut off is missed soon, and comes back soon.
  wal_receiver_timeout: '5s',
  wal_sender_timeout: '5s',
  wal_retrieve_retry_interval: '1s',
};
/** Everybody in the networks of the run may connect. */
const ACCESS = 'host all all 10.213.0.0/24 trust\nhost replication all 10.213.0.0/24 trust\n';

/** A PostgreSQL server in a network namespace, which is the primary server or replicates another one. */
export class PostgresServer {
  readonly #namespace: string;
  readonly #directory: string;
  readonly #data: string;
  readonly #user: { readonly uid: number; readonly gid: number };
  readonly process: ManagedProcess;

  constructor(options: { readonly namespace: string; readonly logFile: string }) {
    this.#namespace = options.namespace;
    // Its user must not see the files of the controller.
    this.#directory = mkdtempSync(join(tmpdir(), 'revtr-postgres-'));
    this.#data = join(this.#directory, 'data');
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    this.#user = { uid, gid };
    chownSync(this.#directory, uid, gid);
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.process = new ManagedProcess({
      namespace: options.namespace,
      command: [
        ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
        ...[join(postgresPrograms(), 'postgres'), '-D', this.#data, '-k', this.#directory, ...settings],
      ],
      logFile: options.logFile,
    });
  }

  /** URL of the database for this process, through a Unix socket. */
  get localUrl(): string {
    return `postgres://revtr@localhost/postgres?host=${this.#directory}`;
  }

  /** Runs SQL, see {@link psql}. @throws {KernelLabError} `commandFailed` */
  query(sql: string): Promise<string[]> {
    return psql(this.localUrl, sql);
  }

  /** Creates an empty database. */
  async initialise(): Promise<void> {
    const args = ['-D', this.#data, '-U', 'revtr', '-A', 'trust', '-N'];
    await run(join(postgresPrograms(), 'initdb'), args, { ...this.#user, cwd: this.#directory });
    appendFileSync(join(this.#data, 'pg_hba.conf'), ACCESS);
  }

  /**
   * Replaces the data by a copy of the server at an address, which this server replicates from its next start on. Returns whether the copy is
   * complete.
   */
  async copyFrom(address: string): Promise<boolean> {
    rmSync(this.#data, { recursive: true, force: true });
    const { uid, gid } = this.#user;
    const basebackup = [join(postgresPrograms(), 'pg_basebackup'), '-h', address, '-U', 'revtr', '-D', this.#data];
    const copying = run('ip', [
      ...['netns', 'exec', this.#namespace, 'setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
      ...[...basebackup, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync'],
    ]);
    return copying.then(
      () => true,
      () => false,
    );
  }

  /** Starts the server and waits until it answers. @throws {KernelLabError} `notReady` after two minutes */
  async start(): Promise<void> {
    await untilReady('PostgreSQL', async () => {
      // The processes of a server that was killed take a while to end, and keep a new one from starting.
      if (!this.process.isRunning) this.process.start();
      return this.isAnswering();
    });
  }

  /** Whether the server answers a query. */
  async isAnswering(): Promise<boolean> {
    return this.query('select 1').then(
      () => true,
      () => false,
    );
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
