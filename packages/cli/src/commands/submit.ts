import { ClientError, type RequestedPair, type ReverseTracerouteClient, type Submitted } from '@revtr/client';
import type { Context } from '../context.ts';

/**
 * Submits pairs as one batch. After Ctrl-C before the answer, nobody knows whether the server has accepted the batch: a note says how to find
 * out. @throws {ClientError} `cancelled` after Ctrl-C
 */
export async function submit(
  client: ReverseTracerouteClient,
  pairs: readonly RequestedPair[],
  options: { readonly skipInvalid?: boolean },
  { terminal, output }: Context,
): Promise<Submitted> {
  const signal = terminal.interruption?.();
  try {
    return await (signal === undefined ? client : client.withSignal(signal)).submit(pairs, options);
  } catch (error) {
    if (error instanceof ClientError && error.code === 'cancelled')
      output.note(
        'interrupted before the server answered; it may have accepted the batch: "revtr batches" lists your batches, and "revtr last" shows the newest',
      );
    throw error;
  }
}
