import { z } from 'zod';

const settingsSchema = z.object({
  /** Address and port of the API. */
  REVTR_HOST: z.string().min(1).default('127.0.0.1'),
  REVTR_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** `postgres://…`, a directory for the embedded database, or `memory:`. */
  REVTR_DATABASE: z.string().min(1).default('.revtr/data'),
  /** Address under which users reach the API; default: what their request says. */
  REVTR_PUBLIC_URL: z.url().optional(),
  REVTR_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Measurements under way at once. */
  REVTR_CONCURRENCY: z.coerce.number().int().min(1).max(100_000).default(500),
  /** Most pairs in one request. */
  REVTR_MAX_BATCH: z.coerce.number().int().min(1).max(1_000_000).default(20_000),
});

/** Settings of the controller, read from the environment. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly publicUrl: string | undefined;
  readonly logLevel: string;
  readonly concurrency: number;
  readonly maxBatch: number;
}

/** Reads the settings. @throws {z.ZodError} naming each bad variable */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const read = settingsSchema.parse(environment);
  return {
    host: read.REVTR_HOST,
    port: read.REVTR_PORT,
    database: read.REVTR_DATABASE,
    publicUrl: read.REVTR_PUBLIC_URL,
    logLevel: read.REVTR_LOG_LEVEL,
    concurrency: read.REVTR_CONCURRENCY,
    maxBatch: read.REVTR_MAX_BATCH,
  };
}
