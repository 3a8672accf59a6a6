import { sql } from 'kysely';
import {
  Accounts,
  ArchiveRecords,
  Batches,
  type ColdFiles,
  ColdPartitions,
  ColdStore,
  type Database,
  type DatabaseSettings,
  Jobs,
  type MeasurementFilter,
  MeasurementFinder,
  type MoveStep,
  openDatabase,
  Publications,
  ResultPartitions,
  type SearchOrder,
  type StorageError,
  type User,
  Users,
} from '../src/index.ts';
import { directoryPlace, filesIn, pathsIn, type TestPlace } from './cold-places.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 12);
/** More results in a partition than a group of rows has. */
const PER_BATCH = 300;
const LIMITS = { max_per_day: 100_000, max_parallel: 100_000, max_per_minute: 100_000 };

export const dayAt = (day: number): Date => new Date(START + day * DAY_MS);

/** A database with results of several days and users, and a place for cold ones. */
export class ColdWorld {
  readonly database: Database;
  /** Of a PostgreSQL server; empty otherwise. */
  readonly url: string;
  readonly place: TestPlace;
  readonly files: ColdFiles;
  readonly faults: StorageError<'coldUnreadable'>[] = [];
  readonly store: ColdStore;
  readonly cold: ColdPartitions;
  readonly partitions: ResultPartitions;
  readonly batches: Batches;
  readonly publications: Publications;
  readonly accounts: Accounts;
  readonly archive: ArchiveRecords;
  onStep: (step: MoveStep) => void = () => undefined;

  private constructor(database: Database, settings: DatabaseSettings, place: TestPlace) {
    this.database = database;
    this.place = place;
    this.files = filesIn(place.name);
    this.url = settings.kind === 'postgres' ? settings.url : '';
    const { db } = database;
    this.store = this.newStore();
    this.cold = new ColdPartitions(
      { rowsPerFile: 500 },
      { db, store: this.store, onStep: (step) => this.onStep(step) },
    );
    this.partitions = new ResultPartitions(db);
    this.batches = new Batches(db, this.store);
    this.publications = new Publications(db, this.store);
    this.accounts = new Accounts(db, this.store);
    this.archive = new ArchiveRecords(db, this.store);
  }

  static async open(settings: DatabaseSettings, place = directoryPlace()): Promise<ColdWorld> {
    return new ColdWorld(await openDatabase(settings), settings, place);
  }

  /** A store that has nothing of the files in memory, as in another process. */
  newStore(): ColdStore {
    return new ColdStore({ mostGroups: 1 }, { files: this.files, onFault: (error) => void this.faults.push(error) });
  }

  async close(): Promise<void> {
    await this.database.close();
    this.place.remove();
  }

  user(email: string): Promise<User> {
    return new Users(this.database.db).ensure({ name: email, email, role: 'user', ...LIMITS });
  }

  /** Submits and ends a batch of measurements on a day. */
  async measure(user: User, day: number, label = ''): Promise<number> {
    const now = dayAt(day);
    await this.partitions.prepare(now);
    const pairs = Array.from({ length: PER_BATCH }, (_, i) => ({
      ...{ source: `1.0.0.${i % 3}`, destination: `200.0.${day}.${i % 250}` },
      ...{ label: i % 2 === 0 ? label : '', options: i % 5 === 0 ? { n: i } : null },
    }));
    const accepted = await this.batches.accept(user, pairs, now);
    if (!('id' in accepted)) throw new Error('refused');
    const jobs = new Jobs(this.database.db);
    const leased = await jobs.lease('a', PER_BATCH, now, new Date(now.getTime() + 1_000));
    const end = new Date(now.getTime() + 500);
    await jobs.finish(
      'a',
      leased.map(({ id }, i) => ({
        id,
        result: { stopReason: i % 7 === 0 ? 'failed' : 'reaches', hops: hopsOf(i), text: `\ufeff\u00e4 ${id}` },
      })),
      end,
    );
    return accepted.id;
  }

  /** Moves every partition that ended before a day. Returns how many have moved. */
  async move(day: number): Promise<number> {
    const now = dayAt(day);
    await this.partitions.prepare(dayAt(day - 0.5));
    const { signal } = new AbortController();
    await this.cold.prepare(now, signal);
    let moved = 0;
    for (const partition of await this.cold.due(now, now))
      if ((await this.cold.move(partition, now, signal)) !== undefined) moved++;
    return moved;
  }

  /** The ids of what is found, with those of searches that go on where the search before had done enough. */
  async find(filter: MeasurementFilter, order: SearchOrder): Promise<number[]> {
    const finder = new MeasurementFinder(
      { db: this.database.db, cold: this.store },
      { mostPerStep: 100, mostSteps: 7 },
    );
    const found: number[] = [];
    let after: number | undefined;
    do {
      const search = await finder.begin(filter, { order, after });
      for (;;) {
        const rows = await search.read(70);
        found.push(...rows.map(({ id }) => id));
        if (rows.length === 0) break;
      }
      after = search.next;
    } while (after !== undefined);
    return found;
  }

  /** How many sessions of the database wait for a lock. */
  async waiting(): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(this.database.db);
    return rows[0].n;
  }

  /** The paths of all files, finished or not. */
  paths(): Promise<string[]> {
    return pathsIn(this.files);
  }

  /** Everything that is stored about a user. */
  async everythingOf(user: User): Promise<unknown[]> {
    const all: unknown[] = [];
    for await (const record of this.accounts.export(user)) all.push(record);
    return all;
  }
}

const hopsOf = (i: number) =>
  Array.from({ length: 8 }, (_, j) => ({
    address: `${10 + j}.0.0.${i % 200}`,
    asn: 4_200_000_000 + ((i * j) % 50),
    trust: 'measured',
  }));
