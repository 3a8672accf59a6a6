import type { Outcome } from '@revtr/link';

/** An outcome without a result. */
export type Failure = Extract<Outcome, { kind: 'failed' }>;

/** Something that the agent does not let through. It is thrown where a packet is about to leave. */
export class Refusal extends Error {
  readonly outcome: Failure;

  constructor(code: Failure['code'], message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'Refusal';
    this.outcome = { kind: 'failed', code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
}
