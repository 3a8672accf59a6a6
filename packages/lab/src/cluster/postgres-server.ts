import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ManagedProcess } from '../deployment/managed-process.ts';
import { psql } from './psql.ts';
import { postgresPrograms, untilReady } from './servers.ts';

const run = promisify(execFile);

const SETTINGS = {
  max_connections: '200',
  // Processes are killed, not the machine: what the kernel has is safe.
  fsync: 'off',
};

export interface PostgresServerOptions {
  readonly namespace: string;
  readonly logFile: string;
  /** Dotted quad on which the server listens besides its Unix socket, or `*` for all addresses. */
  readonly listensOn: string;
  /** Further settings. Default: none. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines for `pg_hba.conf`. Default: only programs in the namespace may connect, and this process. */
  readonly access?: string;
}

/** A PostgreSQL server in a network namespace, which is the primary server or replicates another one. */
export class PostgresServer {
  readonly #namespace: string;
  readonly #directory: string;
  readonly #data: string;
  readonly #user: { readonly uid: number; readonly gid: number };
  readonly #access: string;
  readonly #programs: string;
  readonly process: ManagedProcess;

  /** @throws {KernelLabError} `notReady` when PostgreSQL is not installed */
  constructor({ namespace, logFile, listensOn, settings = {}, access = '' }: PostgresServerOptions) {
    this.#namespace = namespace;
    this.#access = access;
    this.#programs = postgresPrograms();
    // Its user must not see the files of the controller.
    this.#directory = mkdtempSync(join(tmpdir(), 'revtr-postgres-'));
    this.#data = join(this.#directory, 'data');
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    this.#user = { uid, gid };
    chownSync(this.#directory, uid, gid);
    const all = { ...SETTINGS, ...settings, listen_addresses: listensOn };
    this.process = new ManagedProcess({
      namespace,
      command: [
        ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
        ...[join(this.#programs, 'postgres'), '-D', this.#data, '-k', this.#directory],
        ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      logFile,
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
    // Without a locale in the environment, the encoding would be SQL_ASCII.
    const args = ['-D', this.#data, '-U', 'revtr', '-A', 'trust', '-N', '-E', 'UTF8', '--locale', 'C'];
    await run(join(this.#programs, 'initdb'), args, { ...this.#user, cwd: this.#directory });
    appendFileSync(join(this.#data, 'pg_hba.conf'), this.#access);
  }

  /**
   * Replaces the data by a copy of the server at an address, which this server replicates from its next start on. Returns whether the copy is
   * complete.
   */
  async copyFrom(address: string): Promise<boolean> {
    rmSync(this.#data, { recursive: true, force: true });
    const { uid, gid } = this.#user;
    const basebackup = [join(this.#programs, 'pg_basebackup'), '-h', address, '-U', 'revtr', '-D', this.#data];
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

  /** Removes the data. */
  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
