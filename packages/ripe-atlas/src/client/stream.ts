import { backOff, type Clock, type Random } from '@revtr/probing';
import WebSocket from 'ws';
import { z } from 'zod';
import { type RipeFault, type RipeTraceroute, readTraceroute } from '../results/traceroute-result.ts';

/** Which results to follow. */
export interface StreamOptions {
  /** URL of the stream, for example `wss://atlas-stream.ripe.net/stream/`. */
  readonly url: string;
  /** Name of this client; sent as the query parameter `client`. */
  readonly client: string;
  /** Identifiers of measurements. */
  readonly measurements: readonly number[];
  readonly onResult: (result: RipeTraceroute | RipeFault) => void;
}

const messageSchema = z.tuple([z.string(), z.unknown()]);
const RECONNECT = { firstMs: 500, mostMs: 30_000 };
/** One message holds one result of a few kilobytes; a longer one closes the connection. */
const MOST_BYTES = 4 * 2 ** 20;
const HANDSHAKE_MS = 30_000;
/** The server must answer one ping before the next. */
const PING_MS = 30_000;

/**
 * Follows the results of measurements until `signal` fires, then resolves. When the connection breaks or does not answer a ping
 * for 30 s, it is opened and subscribed again after a random wait whose bound doubles from 0.5 s to 30 s. Results that arrive
 * meanwhile are missed: read them with `RipeAtlasClient.results`. Messages that are not results are ignored.
 */
export async function streamResults(
  options: StreamOptions,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const wasOpen = await followOnce(options, signal);
    failures = wasOpen ? 0 : failures + 1;
    const waitMs = backOff(RECONNECT, failures + 1, () => random.next());
    if (!signal.aborted) await clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

/** Runs one connection until it ends. Returns whether it was ever open. */
function followOnce({ url, client, measurements, onResult }: StreamOptions, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const address = new URL(url);
    address.searchParams.set('client', client);
    const socket = new WebSocket(address, {
      maxPayload: MOST_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
    });
    let wasOpen = false;
    const stop = (): void => socket.terminate();
    signal.addEventListener('abort', stop, { once: true });
    let isAlive = true;
    const heartbeat = setInterval(() => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, PING_MS);
    socket.on('pong', () => {
      isAlive = true;
    });
    socket.on('open', () => {
      wasOpen = true;
      for (const msm of measurements)
        socket.send(JSON.stringify(['atlas_subscribe', { streamType: 'result', stream_type: 'result', msm }]));
    });
    socket.on('message', (data: WebSocket.RawData) => {
      const result = resultOf(String(data));
      if (result !== undefined) onResult(result);
    });
    // `close` follows every error.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(heartbeat);
      signal.removeEventListener('abort', stop);
      resolve(wasOpen);
    });
  });
}

/** The result in a message of the stream; `undefined` when the message is anything else. It never throws. */
export function resultOf(text: string): RipeTraceroute | RipeFault | undefined {
  try {
    const message = messageSchema.safeParse(JSON.parse(text));
    return message.success && message.data[0] === 'atlas_result' ? readTraceroute(message.data[1]) : undefined;
  } catch {
    return undefined;
  }
}
