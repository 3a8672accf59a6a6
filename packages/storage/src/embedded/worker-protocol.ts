/** A statement for the worker thread that runs the embedded database. */
export interface WorkerRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The outcome of one statement. Id 0 reports that the database is open. */
export type WorkerResponse =
  | { readonly id: number; readonly rows: unknown[]; readonly affectedRows: number | undefined }
  | { readonly id: number; readonly error: { readonly message: string; readonly sqlState: string } };
