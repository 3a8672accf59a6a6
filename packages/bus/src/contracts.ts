import type { z } from 'zod';

/** Shared knowledge of one kind: what its messages look like, and how large they may be. */
export interface Topic<Message> {
  /** Letters, digits and hyphens. */
  readonly name: string;
  readonly schema: z.ZodType<Message>;
  /** Largest message, bytes of JSON; at most {@link MOST_BYTES}. */
  readonly mostBytes: number;
}

/** Work that one process does for others. */
export interface Service<Request, Response> {
  /** Letters, digits and hyphens. */
  readonly name: string;
  readonly request: z.ZodType<Request>;
  readonly response: z.ZodType<Response>;
  /** Largest request and response, bytes of JSON; at most {@link MOST_BYTES}. */
  readonly mostBytes: number;
}

/** Largest message of any topic or service, bytes. Servers of NATS accept 1 MiB by default. */
export const MOST_BYTES = 512 * 1_024;
