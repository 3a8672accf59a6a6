import { randomUUID } from 'node:crypto';
import type { Clock } from '@revtr/probing';
import type { z } from 'zod';
import { MOST_BYTES, type Service, type Topic } from './contracts.ts';
import { BusError } from './errors.ts';
import { Publisher } from './knowledge/publisher.ts';
import { type Follower, type QueueLimits, Subscription } from './knowledge/subscription.ts';
import { decode, encode, type Frame, frameSchema, parcelSchema } from './messages.ts';
import { ReceivedBundles, SentBundles } from './streams/bundle-marks.ts';
import { Bundles } from './streams/bundles.ts';
import { ClientStream, type Stream } from './streams/client-stream.ts';
import { Ends } from './streams/ends.ts';
import { type PeerStream, Peers } from './streams/peers.ts';
import { type Handler, ServerStream } from './streams/server-stream.ts';
import { StreamLimit, type StreamLimits } from './streams/stream-limit.ts';
import type { Transport } from './transport/transport.ts';

export interface BusOptions {
  /** Letters, digits and hyphens: processes with different prefixes do not hear each other. Default `revtr`. */
  readonly prefix?: string;
  /** How often the ends of a stream say that they are alive, and the pause before what failed is tried again, milliseconds. Default 1,000. */
  readonly aliveMs?: number;
  /** An end that was silent for so long is lost, milliseconds. Default 4,000. */
  readonly lostMs?: number;
  /** How long to wait until somebody accepts a stream, milliseconds. Default 2,000. */
  readonly openMs?: number;
  /** What may wait for a follower of a topic. Default 10,000 messages and 16 MiB. */
  readonly queue?: QueueLimits;
  /** How many streams other processes may open on this one. Default 50,000 for each of them, and 200,000 in all. */
  readonly streams?: StreamLimits;
}

export interface BusCollaborators {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Told of messages that cannot be read, and of what followers and handlers reject with. */
  readonly onProblem: (error: unknown) => void;
}

interface End extends PeerStream {
  receive(frame: Frame): void;
  close(): void;
}

const DEFAULTS = {
  prefix: 'revtr',
  aliveMs: 1_000,
  lostMs: 4_000,
  openMs: 2_000,
  queue: { messages: 10_000, bytes: 16 * 1_024 * 1_024 },
  // An engine opens one stream for each agent of a gateway, and one for each question.
  streams: { perPeer: 50_000, inAll: 200_000 },
} as const;

/**
 * What the processes of one controller tell each other. Topics carry shared knowledge: everybody else hears a message once, or is told
 * that messages are missing. Services carry work: requests to one process over a stream with a window, which ends when either process does.
 */
export class Bus {
  /** Name of this process on the bus. */
  readonly id = randomUUID();
  readonly #options: Required<BusOptions>;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #onProblem: (error: unknown) => void;
  readonly #peers: Peers;
  readonly #bundles: Bundles;
  readonly #sent = new SentBundles();
  readonly #received = new ReceivedBundles();
  readonly #ends: Ends;
  readonly #publisher: Publisher;
  readonly #subscriptions = new Set<{ noteGap(): void }>();
  readonly #clients = new Map<string, End & { readonly isOpening: boolean }>();
  readonly #servers = new Map<string, End>();
  readonly #limit: StreamLimit;
  #lostAt: number | undefined;
  #streams = 0;
  #isClosed = false;

  constructor(options: BusOptions, collaborators: BusCollaborators) {
    this.#options = { ...DEFAULTS, ...options };
    this.#transport = collaborators.transport;
    this.#clock = collaborators.clock;
    this.#onProblem = collaborators.onProblem;
    const { aliveMs, lostMs, streams } = this.#options;
    this.#limit = new StreamLimit(streams);
    this.#peers = new Peers(
      { aliveMs, lostMs },
      {
        clock: this.#clock,
        sayAlive: (peer) => this.#send(peer, { type: 'alive', from: this.id, last: this.#sent.last(peer) }),
        retry: () => this.#retry(),
      },
    );
    this.#publisher = new Publisher({
      from: this.id,
      send: (topic, data) => this.#transport.publish(this.#topicSubject(topic), data),
    });
    this.#ends = new Ends((peer, stream) =>
      this.#sendFrame(peer, stream, encode({ type: 'end', from: this.id, stream }, 'peer', MOST_BYTES)),
    );
    this.#bundles = new Bundles({
      transport: this.#transport,
      from: this.id,
      subjectOf: (peer) => this.#peerSubject(peer),
      sent: this.#sent,
      onLost: (peer, stream) => {
        const end = this.#endOf(stream);
        // Without an end here, the frame said that there is none.
        if (end === undefined) this.#ends.tellLater(peer, stream);
        else end.lost();
      },
    });
    this.#transport.subscribe(this.#peerSubject(this.id), (data) => this.#receive(data));
    this.#transport.onConnection((isConnected) => {
      this.#lostAt = isConnected ? undefined : this.#clock.now();
      if (!isConnected) return;
      for (const subscription of this.#subscriptions) subscription.noteGap();
      // What was on its way is lost. Both ends are alive, so that nothing else would end the wait for it.
      for (const end of [...this.#clients.values(), ...this.#servers.values()]) end.lost();
      this.#sent.restart();
      this.#received.restart();
      this.#retry();
    });
  }

  /** How long there has been no connection, milliseconds; 0 while there is one. */
  get lostForMs(): number {
    return this.#lostAt === undefined ? 0 : this.#clock.now() - this.#lostAt;
  }

  /** Calls `listener` when the connection is lost, and when it is there again. */
  onConnection(listener: (isConnected: boolean) => void): void {
    this.#transport.onConnection(listener);
  }

  /**
   * Tells everybody else. Returns whether the message was sent: without a connection it is lost, and the others learn of the gap.
   * @throws {BusError} `messageTooLarge`, `closed`
   */
  publish<Message>(topic: Topic<Message>, message: Message): boolean {
    if (this.#isClosed) throw new BusError('closed', 'the bus is closed', {});
    return this.#publisher.publish(topic, message);
  }

  /** Follows a topic. Returns how to stop. */
  subscribe<Message>(topic: Topic<Message>, follower: Follower<Message>): () => void {
    const subscription = new Subscription(
      { topic, limits: this.#options.queue, pauseMs: this.#options.aliveMs },
      { follower, clock: this.#clock, onProblem: this.#onProblem },
    );
    this.#subscriptions.add(subscription);
    const unsubscribe = this.#transport.subscribe(this.#topicSubject(topic.name), (data) => subscription.take(data));
    return () => {
      unsubscribe();
      subscription.end();
      this.#subscriptions.delete(subscription);
    };
  }

  /**
   * Serves a name. Several processes may serve the same one: the first to answer gets a stream. Streams beyond {@link BusOptions.streams} are
   * refused. Returns how to stop.
   */
  serve<Request, Response>(
    service: Service<Request, Response>,
    name: string,
    handler: Handler<Request, Response>,
  ): () => void {
    const streams = new Set<ServerStream<Request, Response>>();
    const unsubscribe = this.#transport.subscribe(this.#serviceSubject(service.name, name), (data) => {
      const frame = decode(data, frameSchema, MOST_BYTES);
      if (frame?.type !== 'open' || this.#isClosed || this.#servers.has(frame.stream)) return;
      const { stream: id, from: peer, readsBundles } = frame;
      const limit = this.#limit.add(peer);
      if (limit !== undefined) {
        this.#send(peer, { type: 'refused', from: this.id, stream: id, limit });
        return;
      }
      const stream = new ServerStream(
        { service, name, id, peer, readsBundles },
        {
          send: (to, bytes) => this.#sendFrame(to, id, bytes),
          sayEnd: (to) => this.#ends.tell(to, id),
          from: this.id,
          handler,
          peers: this.#peers,
          onProblem: this.#onProblem,
          onEnded: () => {
            this.#servers.delete(id);
            this.#limit.remove(peer);
            streams.delete(stream);
          },
        },
      );
      this.#servers.set(id, stream);
      streams.add(stream);
      stream.accept();
    });
    return () => {
      unsubscribe();
      for (const stream of [...streams]) stream.close();
    };
  }

  /** Opens a stream to a process that serves a name. */
  open<Request, Response>(service: Service<Request, Response>, name: string): Stream<Request, Response> {
    const id = `${this.id}.${this.#streams++}`;
    const stream = new ClientStream<Request, Response>(
      { service, name, id, openMs: this.#options.openMs },
      {
        send: (to, bytes) =>
          to === undefined
            ? this.#transport.publish(this.#serviceSubject(service.name, name), bytes)
            : this.#sendFrame(to, id, bytes),
        sayEnd: (to) => this.#ends.tell(to, id),
        from: this.id,
        peers: this.#peers,
        clock: this.#clock,
        onEnded: () => this.#clients.delete(id),
      },
    );
    this.#clients.set(id, stream);
    if (this.#isClosed) stream.close();
    return stream;
  }

  /** Asks a process that serves a name once. @throws the errors of {@link Stream.request} */
  async ask<Request, Response>(
    service: Service<Request, Response>,
    name: string,
    request: Request,
    signal?: AbortSignal,
  ): Promise<Response> {
    const stream = this.open(service, name);
    try {
      return await stream.request(request, signal);
    } finally {
      stream.close();
    }
  }

  /** Resolves when the server has what was sent and subscribed so far. @throws {BusError} `unreachable` */
  flush(): Promise<void> {
    this.#bundles.flush();
    return this.#transport.flush();
  }

  /** Ends all streams and the connection. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const stream of [...this.#clients.values(), ...this.#servers.values()]) stream.close();
    this.#peers.stop();
    this.#bundles.flush();
    await this.#transport.flush().catch(() => undefined);
    await this.#transport.close();
  }

  /** Tells others what they could not be told before. */
  #retry(): void {
    this.#ends.retry();
    this.#publisher.retry();
  }

  #receive(data: Uint8Array): void {
    const parcel = decode(data, parcelSchema, MOST_BYTES);
    if (parcel === undefined) {
      this.#noteUnreadable();
      return;
    }
    this.#peers.heard(parcel.from);
    if (!this.#noteMark(parcel)) this.#noteMissing(parcel.from);
    if (parcel.type !== 'bundle') {
      this.#take(parcel);
      return;
    }
    for (const content of parcel.frames) {
      const frame = frameSchema.safeParse(content);
      if (frame.success) this.#take(frame.data);
      else this.#noteUnreadable();
    }
  }

  /** Notes which bundle of a process this is. Returns whether all have arrived that it has sent before. */
  #noteMark(parcel: z.infer<typeof parcelSchema>): boolean {
    const { type, from } = parcel;
    if (type === 'bundle') return parcel.mark === undefined || this.#received.noteArrived(from, parcel.mark);
    return type !== 'alive' || parcel.last === undefined || this.#received.noteLast(from, parcel.last);
  }

  /** Bundles of a process are missing. One of them may have accepted a stream that opens here, and then this process would never use the stream. */
  #noteMissing(peer: string): void {
    this.#peers.lost(peer);
    for (const [id, { isOpening }] of this.#clients) if (isOpening) this.#ends.tell(peer, id);
  }

  #noteUnreadable(): void {
    this.#onProblem(new Error('a message of a stream cannot be read'));
  }

  #take(frame: Frame): void {
    if (frame.type === 'alive') return;
    const { stream: id, from: peer } = frame;
    const stream = this.#endOf(id);
    if (stream !== undefined) stream.receive(frame);
    // The stream has ended here, and the other end does not know it: the message was lost, or this one is about a stream that was never used.
    else if (frame.type !== 'end' && frame.type !== 'open' && frame.type !== 'refused') this.#ends.tell(peer, id);
  }

  /** This process's end of a stream. */
  #endOf(stream: string): End | undefined {
    return (stream.startsWith(this.id) ? this.#clients : this.#servers).get(stream);
  }

  /** Sends a frame of a stream, with others if the peer can read that. Returns whether it was taken. */
  #sendFrame(peer: string, stream: string, bytes: Uint8Array): boolean {
    return this.#peers.readsBundles(peer)
      ? this.#bundles.add(peer, stream, bytes)
      : this.#transport.publish(this.#peerSubject(peer), bytes);
  }

  #send(peer: string, frame: Frame): boolean {
    return this.#transport.publish(this.#peerSubject(peer), encode(frame, 'peer', MOST_BYTES));
  }

  #topicSubject(name: string): string {
    return `${this.#options.prefix}.topic.${name}`;
  }

  #serviceSubject(service: string, name: string): string {
    return `${this.#options.prefix}.service.${service}.${name.replaceAll('.', '-')}`;
  }

  #peerSubject(peer: string): string {
    return `${this.#options.prefix}.peer.${peer}`;
  }
}
