import type { CompiledPrograms } from './compiled-programs.ts';

/** How the worker thread opens the embedded database. */
export interface WorkerOptions {
  readonly programs: CompiledPrograms;
  /** Data directory; in memory by default. */
  readonly directory?: string;
  /** Content of the new database in memory; an empty cluster by default. */
  readonly image?: Blob | undefined;
}

/** A statement for the worker thread that runs the embedded database. */
export interface Statement {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Asks for a copy of all data of a database in memory. */
export interface ImageRequest {
  readonly id: number;
  readonly sql: undefined;
}

export type WorkerRequest = Statement | ImageRequest;

/** The outcome of one request. Id 0 reports that the database is open. */
export type WorkerResponse =
  | { readonly id: number; readonly rows: unknown[]; readonly affectedRows: number | undefined }
  | { readonly id: number; readonly image: Blob }
  | { readonly id: number; readonly error: { readonly message: string; readonly sqlState: string } };
