import type { StoredHop, StoredResult } from '../../measurements/stored-result.ts';

/** A hop with the names that are known of it. */
export interface NamedHop extends StoredHop {
  readonly name?: string | undefined;
  readonly asName?: string | undefined;
}

/** A measurement that has ended, as rows of files are made from it. */
export interface MeasuredPath {
  readonly id: number;
  /** Absent in files that everybody may read. */
  readonly batchId?: number;
  /** Absent in files that everybody may read. */
  readonly label?: string;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly result: Omit<StoredResult, 'hops'> & { readonly hops: readonly NamedHop[] };
}
