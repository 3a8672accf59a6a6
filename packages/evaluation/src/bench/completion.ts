import { ClientError, type ReverseTracerouteClient } from '@revtr/client';

const MOST_ATTEMPTS = 100;

/** Follows a batch to its end. Opens an event stream that breaks again, because an overloaded server drops slow readers. */
export async function completion(client: ReverseTracerouteClient, batchId: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const event of client.events(batchId)) if (event.type === 'complete') return;
    } catch (error) {
      const isBroken = error instanceof ClientError && error.code === 'unreachable';
      if (!isBroken || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}
