import type { ReverseTracerouteClient } from '@revtr/client';

/** What tools work with. */
export interface ToolContext {
  readonly client: ReverseTracerouteClient;
}

/** Annotations of tools that send no probes and change nothing. */
export const READ_ONLY = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;
