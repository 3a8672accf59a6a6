import { createHash } from 'node:crypto';
import type { ColdRow } from './cold-row.ts';

/** Digest of rows in their order, by which the rows of a file are compared with those that were to be written. */
export class RowDigest {
  readonly #hash = createHash('sha256');
  #rows = 0;

  add(rows: readonly ColdRow[]): void {
    for (const { record, ...row } of rows) {
      this.#hash.update(JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))));
      this.#hash.update(`${record.length}:`);
      this.#hash.update(record);
    }
    this.#rows += rows.length;
  }

  end(): string {
    return `${this.#rows} ${this.#hash.digest('hex')}`;
  }
}
