import type { Generated, Selectable } from 'kysely';
import type { Json, WithDefault } from './columns.ts';

/** A result that is not in the public archive yet: its user agreed, and its source was public when it ended. */
export interface ArchivePendingTable {
  readonly measurement_id: number;
  /** Day on which the measurement ended (UTC), `YYYY-MM-DD`. */
  readonly day: string;
}

/** A file of the public archive. */
export interface ArchiveFileTable {
  /** Path in the directory of the archive. */
  readonly path: string;
  /** Day on which its measurements ended (UTC), `YYYY-MM-DD`. */
  readonly day: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Start of its first measurement, and end of its last one. */
  readonly first_at: Date;
  readonly last_at: Date;
  readonly schema_version: number;
  readonly written_at: Date;
  /** Whether the file has its final name, and the catalogues name it. */
  readonly is_placed: WithDefault<boolean>;
}

/** A file of the public archive as stored. */
export type ArchiveFile = Selectable<ArchiveFileTable>;
/** A file that was written under a temporary name. */
export type NewArchiveFile = Omit<ArchiveFile, 'is_placed'>;

/** A result of another system, imported from its archive. */
export interface ImportedResultTable {
  readonly id: Generated<number>;
  /** Name of the system, as the operator chose it. */
  readonly origin: string;
  /** Number of the measurement in that system. */
  readonly archive_id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  /** The row of the archive. */
  readonly content: Json;
  readonly imported_at: Date;
}
