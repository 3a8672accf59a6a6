/** A statement sent to the worker that holds the embedded database. */
export interface WorkerRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Its answer. */
export type WorkerResponse =
  | { readonly id: number; readonly rows: unknown[]; readonly affectedRows: number | undefined }
  | { readonly id: number; readonly error: { readonly message: string; readonly sqlState: string } };
