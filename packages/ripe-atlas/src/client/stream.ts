import type { Clock, Random } from '@revtr/probing';
import WebSocket from 'ws';
import { z } from 'zod';
import { type RipeFault, type RipeTraceroute, readTraceroute } from '../results/traceroute-result.ts';

export interface StreamOptions {
  /** Where results are streamed, for instance `wss://atlas-stream.ripe.net/stream/`. */
  readonly url: string;
  readonly client: string;
  readonly measurements: readonly number[];
  readonly onResult: (result: RipeTraceroute | RipeFault) => void;
}

const messageSchema = z.tuple([z.string(), z.unknown()]);
const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 30_000;
/** Results are small; anything larger is no result. */
const MOST_BYTES = 4 * 2 ** 20;

/**
 * Follows the results of measurements as they come, until `signal` fires. A stream that breaks is opened and subscribed again;
 * what was missed meanwhile must be asked for.
 */
export async function streamResults(
  options: StreamOptions,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const wasOpen = await followOnce(options, signal);
    failures = wasOpen ? 0 : failures + 1;
    const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    if (!signal.aborted) await clock.sleep(most * (0.5 + random.next() / 2), signal).catch(() => undefined);
  }
}

/** One connection, until it ends. Returns whether it was ever open. */
function followOnce({ url, client, measurements, onResult }: StreamOptions, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const address = new URL(url);
    address.searchParams.set('client', client);
    const socket = new WebSocket(address, { maxPayload: MOST_BYTES, perMessageDeflate: false });
    let wasOpen = false;
    const stop = (): void => socket.terminate();
    signal.addEventListener('abort', stop, { once: true });
    socket.on('open', () => {
      wasOpen = true;
      for (const msm of measurements)
        socket.send(JSON.stringify(['atlas_subscribe', { streamType: 'result', stream_type: 'result', msm }]));
    });
    socket.on('message', (data: WebSocket.RawData) => {
      const result = resultOf(String(data));
      if (result !== undefined) onResult(result);
    });
    // What broke is told by the close that follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(wasOpen);
    });
  });
}

function resultOf(text: string): RipeTraceroute | RipeFault | undefined {
  try {
    const message = messageSchema.safeParse(JSON.parse(text));
    return message.success && message.data[0] === 'atlas_result' ? readTraceroute(message.data[1]) : undefined;
  } catch {
    return undefined;
  }
}
