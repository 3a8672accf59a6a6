import { type OptOutList, OptOutSet } from '@revtr/link';
import { type Prefix, type PrefixColumns, PrefixSet } from '@revtr/net';
import type { TargetPolicy } from '@revtr/probing';
import type { NewOptOut, OptOuts } from '@revtr/storage';
import { Turns } from '../foundation/turns.ts';
import { asnOf, SHORTEST } from './network.ts';

export interface PublishedOptOutsCollaborators {
  readonly optOuts: OptOuts;
  readonly targetPolicy: TargetPolicy;
  /** Announced prefixes with their origin AS; `undefined` while no dataset of them is imported. */
  readonly announced: () => PrefixColumns | undefined;
}

/**
 * The networks that opted out of probing, as the controller and the agents apply them: the prefixes on the list, and the prefixes
 * that the AS numbers on the list announce. The database is written before memory changes.
 */
export class PublishedOptOuts {
  readonly #optOuts: OptOuts;
  readonly #announced: () => PrefixColumns | undefined;
  readonly #table = new PrefixSet();
  readonly #listeners: (() => void)[] = [];
  readonly #writeListeners: (() => void)[] = [];
  /** One change after the other: memory follows the database in the same order. */
  readonly #turns = new Turns();
  #listed = OptOutSet.EMPTY;
  #asNumbers: ReadonlySet<number> = new Set();
  #ofAses = OptOutSet.EMPTY;
  #all = OptOutSet.EMPTY;
  /** Number of the change up to which the list is known. */
  #lastChange = -1;

  constructor({ optOuts, targetPolicy, announced }: PublishedOptOutsCollaborators) {
    this.#optOuts = optOuts;
    this.#announced = announced;
    targetPolicy.setOptedOut(this.#table);
  }

  /** Reads the whole list from the database. @throws {LinkError} `badOptOut` when an entry is malformed; the list before stays */
  async refresh(): Promise<void> {
    await this.#turns.take(() => this.#read());
  }

  /** Reads the list if it has changed: nobody may have told this process. @throws {LinkError} `badOptOut`, as {@link refresh} */
  async refreshIfChanged(): Promise<void> {
    if ((await this.#optOuts.lastChange()) !== this.#lastChange) await this.refresh();
  }

  /** Adds networks, all or none. @throws {StorageError} `badText` */
  async add(optOuts: readonly NewOptOut[]): Promise<void> {
    await this.#turns.take(async () => {
      this.#noteChange(await this.#optOuts.put(optOuts));
      for (const tell of this.#writeListeners) tell();
      const prefixes = optOuts.flatMap(({ kind, network }) => (kind === 'as' ? [] : [network]));
      const asNumbers = optOuts.flatMap((optOut) => (optOut.kind === 'as' ? [asnOf(optOut)] : []));
      this.#listed = this.#listed.with({ added: prefixes, removed: [] });
      this.#setAsNumbers(asNumbers.length === 0 ? this.#asNumbers : new Set([...this.#asNumbers, ...asNumbers]));
    });
  }

  /** Removes a network in canonical form. Returns whether it was on the list. */
  async remove({ kind, network }: Pick<NewOptOut, 'kind' | 'network'>): Promise<boolean> {
    return this.#turns.take(async () => {
      const change = await this.#optOuts.remove(network);
      this.#noteChange(change);
      for (const tell of this.#writeListeners) tell();
      if (kind === 'as')
        this.#setAsNumbers(new Set([...this.#asNumbers].filter((asn) => asn !== asnOf({ kind, network }))));
      else {
        this.#listed = this.#listed.with({ added: [], removed: [network] });
        this.#setAsNumbers(this.#asNumbers);
      }
      return change !== undefined;
    });
  }

  /** Looks up again what the AS numbers on the list announce. Call it when the dataset has changed. */
  resolve(): void {
    this.#ofAses = this.#announcedBy(this.#asNumbers);
    this.#combine();
  }

  /** Whether an AS number is on the list while no dataset says what it announces. */
  get isUnresolved(): boolean {
    return this.#asNumbers.size > 0 && this.#announced() === undefined;
  }

  /** Calls `listener` after every change that this process has made in the database. */
  onWritten(listener: () => void): void {
    this.#writeListeners.push(listener);
  }

  /** Calls `listener` after every change of what must not be probed. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The list as of `now`, milliseconds since the Unix epoch. The set is the same object until something changes. */
  at(now: number): OptOutList {
    return { issuedAt: now, set: this.#all };
  }

  /** After a change of this process, the list is known as before: up to this change, unless others have changed it in between. */
  #noteChange(number: number | undefined): void {
    if (number === this.#lastChange + 1) this.#lastChange = number;
  }

  async #read(): Promise<void> {
    // What changes during the read is read again.
    const lastChange = await this.#optOuts.lastChange();
    const prefixes: string[] = [];
    const asNumbers = new Set<number>();
    for await (const rows of this.#optOuts.networks())
      for (const row of rows)
        if (row.kind === 'as') asNumbers.add(asnOf(row));
        else prefixes.push(row.network);
    this.#listed = OptOutSet.parse(prefixes);
    this.#setAsNumbers(asNumbers);
    this.#lastChange = lastChange;
  }

  #setAsNumbers(asNumbers: ReadonlySet<number>): void {
    if (asNumbers !== this.#asNumbers) {
      this.#asNumbers = asNumbers;
      this.#ofAses = this.#announcedBy(asNumbers);
    }
    this.#combine();
  }

  #combine(): void {
    const all = this.#listed.union(this.#ofAses);
    if (all.digest === this.#all.digest) return;
    all.updateTable(this.#table, this.#all);
    this.#all = all;
    for (const tell of this.#listeners) tell();
  }

  #announcedBy(asNumbers: ReadonlySet<number>): OptOutSet {
    const columns = this.#announced();
    if (columns === undefined || asNumbers.size === 0) return OptOutSet.EMPTY;
    const { addresses, lengths, values } = columns;
    const prefixes: Prefix[] = [];
    for (let row = 0; row < addresses.length; row++)
      if (lengths[row] >= SHORTEST.ipv4 && asNumbers.has(values[row] >>> 0))
        prefixes.push({ address: addresses[row], length: lengths[row] });
    return OptOutSet.fromPrefixes(prefixes);
  }
}
