import { PostgresServer } from '../../cluster/postgres-server.ts';
import { untilReady } from '../../cluster/servers.ts';
import type { StarNetwork } from '../network/star-network.ts';
import { POSTGRES } from './names.ts';

const SETTINGS = {
  wal_keep_size: '2GB',
  max_wal_size: '2GB',
  // A replica that was cut off is missed soon, and comes back soon.
  wal_receiver_timeout: '5s',
  wal_sender_timeout: '5s',
  wal_retrieve_retry_interval: '1s',
};
/** Everybody in the networks of the run may connect. */
const ACCESS = 'host all all 10.213.0.0/24 trust\nhost replication all 10.213.0.0/24 trust\n';

interface Member {
  readonly host: string;
  readonly address: string;
  readonly server: PostgresServer;
}

/**
 * A PostgreSQL server and its replica, which confirms every commit (synchronous replication), so that the replica can take over without loss.
 * Clients use one address, which belongs to the primary server.
 */
export class PostgresPair {
  readonly #network: StarNetwork;
  #primary: Member;
  #replica: Member;

  private constructor(network: StarNetwork, primary: Member, replica: Member) {
    this.#network = network;
    this.#primary = primary;
    this.#replica = replica;
  }

  /**
   * Starts both servers. Call {@link remove} at the end, also when a later step fails.
   * @param logFile the log file of the server on a host
   * @throws {KernelLabError} `notReady`, `commandFailed`
   */
  static async start(network: StarNetwork, logFile: (host: string) => string): Promise<PostgresPair> {
    const [primary, replica] = await Promise.all(
      ['pg1', 'pg2'].map(async (host) => {
        const { namespace, address } = await network.add(host);
        const options = { namespace, logFile: logFile(host), listensOn: '*', settings: SETTINGS, access: ACCESS };
        return { host, address, server: new PostgresServer(options) };
      }),
    );
    const pair = new PostgresPair(network, primary, replica);
    try {
      await primary.server.initialise();
      await primary.server.start();
      await network.addService(POSTGRES, primary.host);
      await pair.addReplica();
      return pair;
    } catch (error) {
      await pair.remove();
      throw error;
    }
  }

  /** Names of the hosts. */
  get primaryHost(): string {
    return this.#primary.host;
  }
  get replicaHost(): string {
    return this.#replica.host;
  }

  /** The server that clients use now. */
  get primary(): PostgresServer {
    return this.#primary.server;
  }

  /** Copies the primary server to the other host, and lets every commit wait for it from now on. @throws {KernelLabError} `notReady`, `commandFailed` */
  async addReplica(): Promise<void> {
    const { server } = this.#replica;
    await server.process.kill();
    // Another fault may strike the primary server meanwhile.
    await untilReady('the copy of PostgreSQL', () => server.copyFrom(this.#primary.address));
    await server.start();
    await this.#primary.server.query(`alter system set synchronous_standby_names = '*'`);
    await this.#primary.server.query('select pg_reload_conf()');
    await this.untilReplicated();
  }

  /** Waits until the replica has confirmed what was committed. @throws {KernelLabError} `notReady` after two minutes */
  async untilReplicated(): Promise<void> {
    const inStep = `
      select count(*) from pg_stat_replication where sync_state = 'sync' and replay_lsn >= pg_current_wal_flush_lsn() - 1000000::numeric`;
    await untilReady(
      'the replica of PostgreSQL',
      async () => (await this.primary.query(inStep).catch(() => []))[0] === '1',
    );
  }

  /** The replica becomes the primary server and gets the address. The other server must be dead, or will be before {@link addReplica}. */
  async failOver(): Promise<void> {
    [this.#primary, this.#replica] = [this.#replica, this.#primary];
    const { server, host } = this.#primary;
    await server.query('alter system reset synchronous_standby_names');
    await server.query('select pg_reload_conf()');
    await server.query('select pg_promote(true, 60)');
    await this.#network.moveService(POSTGRES, host);
  }

  async stop(): Promise<void> {
    for (const { server } of [this.#replica, this.#primary]) {
      server.process.resume();
      await server.process.end('SIGINT');
    }
  }

  /** Kills both servers and removes their data. */
  async remove(): Promise<void> {
    for (const { server } of [this.#replica, this.#primary]) {
      await server.process.kill();
      server.remove();
    }
  }
}
