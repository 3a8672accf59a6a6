import type { Server } from 'node:http';
import type { Random } from '@revtr/probing';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';

const messageSchema = z.tuple([z.string(), z.looseObject({})]);
const subscriptionSchema = z.object({
  streamType: z.string().optional(),
  stream_type: z.string().optional(),
  msm: z.int().optional(),
});

/** The result stream over WebSocket. Each message is a JSON array of a type and a payload. */
export class ResultStream {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #subscribers = new Map<WebSocket, Set<number>>();
  readonly #random: Random;
  readonly #breaks: number;

  constructor(options: { readonly breaks: number }, { random }: { readonly random: Random }) {
    this.#breaks = options.breaks;
    this.#random = random;
  }

  /** Accepts WebSocket connections to `/stream/` of an HTTP server. */
  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith('/stream/') === true)
        this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client));
      else socket.destroy();
    });
  }

  /** Sends a result to its subscribers, or breaks their connection with the probability `breaks`. */
  publish(measurement: number, result: unknown): void {
    for (const [client, wanted] of this.#subscribers) {
      if (!wanted.has(measurement)) continue;
      if (this.#random.chance(this.#breaks)) client.terminate();
      else client.send(JSON.stringify(['atlas_result', result]));
    }
  }

  /** Closes all connections. */
  close(): void {
    for (const client of this.#subscribers.keys()) client.terminate();
    this.#server.close();
  }

  #welcome(client: WebSocket): void {
    this.#subscribers.set(client, new Set());
    client.on('close', () => this.#subscribers.delete(client));
    client.on('error', () => undefined);
    client.on('message', (data) => {
      const answer = this.#handle(client, String(data));
      if (answer !== undefined) client.send(JSON.stringify(answer));
    });
  }

  #handle(client: WebSocket, text: string): unknown {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return ['atlas_error', { detail: 'not JSON' }];
    }
    const message = messageSchema.safeParse(json);
    const subscription = subscriptionSchema.safeParse(message.data?.[1]);
    if (!message.success || !subscription.success) return ['atlas_error', { detail: 'not a message' }];
    const { msm, streamType, stream_type } = subscription.data;
    if ((streamType ?? stream_type) !== 'result' || msm === undefined)
      return ['atlas_error', { detail: 'no such stream' }];
    const [type] = message.data;
    if (type === 'atlas_subscribe') this.#subscribers.get(client)?.add(msm);
    else if (type === 'atlas_unsubscribe') this.#subscribers.get(client)?.delete(msm);
    else return ['atlas_error', { detail: 'no such message' }];
    return [`${type}d`, { streamType: 'result', msm }];
  }
}
