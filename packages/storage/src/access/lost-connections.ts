import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { sqlStateOf } from './sql-state.ts';

/** A server that does not answer so often in a row is away. */
const MOST_FAILURES = 2;

const ACTIVITY = 'select pid from pg_stat_activity where pid = any($1) and state <> $2';

/**
 * Ends connections of a pool whose server has gone without a word, for example after the network was cut or another server took over its
 * address. TCP alone would wait up to 15 minutes for an answer. A server that is reached by another connection knows whether it still works for
 * a connection; long queries are therefore left alone.
 */
export class LostConnections {
  readonly #suspiciousMs: number;
  readonly #connect: () => pg.Client;
  readonly #busySince = new Map<pg.PoolClient, number>();
  readonly #timer: NodeJS.Timeout;
  #failures = 0;
  #isLooking = false;

  constructor(
    options: {
      /** A connection is suspicious when it has been busy for so long, milliseconds. */
      readonly suspiciousMs: number;
    },
    collaborators: {
      readonly pool: pg.Pool;
      /** A client for one question to the server. */
      readonly connect: () => pg.Client;
    },
  ) {
    const { pool } = collaborators;
    this.#suspiciousMs = options.suspiciousMs;
    this.#connect = collaborators.connect;
    pool.on('acquire', (client) => void this.#busySince.set(client, performance.now()));
    pool.on('release', (_, client) => void this.#busySince.delete(client));
    this.#timer = setInterval(() => void this.#look(), this.#suspiciousMs / 2).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const since = performance.now() - this.#suspiciousMs;
    const suspicious = new Map([...this.#busySince].filter(([, busySince]) => busySince < since));
    if (suspicious.size === 0) this.#failures = 0;
    if (suspicious.size === 0 || this.#isLooking) return;
    this.#isLooking = true;
    const working = await this.#stillWorking([...suspicious.keys()]);
    // What the server has sent may have arrived and not been read yet: this process may be what is slow.
    await setImmediate();
    this.#isLooking = false;
    // A connection that was returned meanwhile works, even if it is in use again.
    for (const [client, busySince] of suspicious)
      if (this.#busySince.get(client) === busySince && !working.has(client)) endSocketOf(client);
  }

  /** Those of `clients` for which the server works, as far as it can be known. */
  async #stillWorking(clients: readonly pg.PoolClient[]): Promise<ReadonlySet<pg.PoolClient>> {
    const client = this.#connect();
    client.on('error', () => undefined);
    try {
      await client.connect();
      const pids = clients.map((each) => processIdOf(each));
      const { rows } = await client.query<{ pid: number }>(ACTIVITY, [pids, 'idle']);
      this.#failures = 0;
      const found = new Set(rows.map(({ pid }) => pid));
      return new Set(clients.filter((each) => found.has(processIdOf(each))));
    } catch (error) {
      // A server that refuses the question can be reached.
      this.#failures = sqlStateOf(error) !== undefined ? 0 : this.#failures + 1;
      return this.#failures < MOST_FAILURES ? new Set(clients) : new Set();
    } finally {
      endSocketOf(client);
    }
  }
}

/** Number of the server's process for a connection; 0 before it is known. */
const processIdOf = (client: pg.ClientBase): number =>
  'processID' in client && typeof client.processID === 'number' ? client.processID : 0;

function endSocketOf(client: pg.ClientBase): void {
  if ('connection' in client && client.connection instanceof pg.Connection) client.connection.stream.destroy();
}
