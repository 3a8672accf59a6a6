import { type Clock, cancelled } from '@revtr/probing';
import type { Service } from '../contracts.ts';
import { BusError } from '../errors.ts';
import { encode, type Frame } from '../messages.ts';
import type { PeerStream, Peers } from './peers.ts';

/** Requests to one process that serves a name, and their responses. */
export interface Stream<Request, Response> {
  /**
   * Sends a request, and waits for its response. At most as many requests as the other end allows are under way; the others wait here.
   * `onBegun` is called once the request waits neither here nor at the other end; if that is a process of an earlier version, when it has been sent.
   * @throws {BusError} `notServed`, `peerLost`, `overloaded`, `messageTooLarge`, `failed`, `closed`; {ProbingError} `cancelled`
   */
  request(request: Request, signal?: AbortSignal, onBegun?: () => void): Promise<Response>;
  /** Resolves with the reason when the stream has ended. */
  readonly ended: Promise<BusError>;
  close(): void;
}

interface Call<Response> {
  readonly id: number;
  readonly body: unknown;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
  readonly release: () => void;
  readonly onBegun: (() => void) | undefined;
  isCancelled: boolean;
}

export interface ClientStreamOptions<Request, Response> {
  readonly service: Service<Request, Response>;
  readonly name: string;
  /** Unique among all streams of all processes. */
  readonly id: string;
  /** How long the other end may take to accept, milliseconds. */
  readonly openMs: number;
}

export interface ClientStreamCollaborators {
  /** Sends a frame to a process; to `undefined`, to every process that serves the name. Returns whether the transport took it. */
  readonly send: (to: string | undefined, bytes: Uint8Array) => boolean;
  /** Tells a process that this stream has ended. */
  readonly sayEnd: (to: string) => void;
  readonly from: string;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly onEnded: () => void;
}

/** Most requests that wait for a place in the window. */
const MOST_WAITING = 50_000;

/** The end of a stream that asks. */
export class ClientStream<Request, Response> implements Stream<Request, Response>, PeerStream {
  readonly #options: ClientStreamOptions<Request, Response>;
  readonly #collaborators: ClientStreamCollaborators;
  readonly #waiting: Call<Response>[] = [];
  readonly #sent = new Map<number, Call<Response>>();
  readonly #opening = new AbortController();
  readonly #end = Promise.withResolvers<BusError>();
  #peer: string | undefined;
  #window = 0;
  #tellsBegun = false;
  #nextId = 0;
  #refusal: BusError | undefined;
  #reason: BusError | undefined;

  constructor(options: ClientStreamOptions<Request, Response>, collaborators: ClientStreamCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { id: stream, name, service, openMs } = options;
    this.#send({ type: 'open', from: collaborators.from, stream, service: service.name, name, readsBundles: true });
    collaborators.clock.sleep(openMs, this.#opening.signal).then(
      () => this.#finish(this.#refusal ?? new BusError('notServed', `nobody serves ${this.#what}`, this.#details)),
      () => undefined,
    );
  }

  /** Whether no process has accepted the stream yet. */
  get isOpening(): boolean {
    return this.#peer === undefined && this.#reason === undefined;
  }

  get ended(): Promise<BusError> {
    return this.#end.promise;
  }

  request(request: Request, signal?: AbortSignal, onBegun?: () => void): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      if (this.#reason !== undefined) return reject(this.#reason);
      if (this.#waiting.length >= MOST_WAITING)
        return reject(new BusError('overloaded', `too many requests wait for ${this.#what}`, { limit: MOST_WAITING }));
      const cancel = (): void => this.#cancel(call);
      const call: Call<Response> = {
        id: this.#nextId++,
        body: request,
        resolve,
        reject,
        release: () => signal?.removeEventListener('abort', cancel),
        onBegun,
        isCancelled: false,
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(call);
      this.#fill();
    });
  }

  close(): void {
    this.#finish(new BusError('closed', 'the stream was closed', {}));
  }

  lost(): void {
    this.#finish(new BusError('peerLost', `the process that serves ${this.#what} does not answer`, this.#details));
  }

  receive(frame: Frame): void {
    if (frame.type === 'accept' && this.#peer === undefined) this.#accepted(frame);
    else if (frame.type === 'accept') this.#collaborators.sayEnd(frame.from);
    // Another process that serves the name may accept.
    else if (frame.type === 'refused') this.#refused(frame.limit);
    else if (frame.from !== this.#peer) return;
    else if (frame.type === 'end') this.lost();
    else if (frame.type === 'begun') this.#begun(frame.id);
    else if (frame.type === 'response') this.#answered(frame.id, frame.body);
    else if (frame.type === 'failure')
      this.#take(frame.id)?.reject(new BusError('failed', `${this.#what}: ${frame.message}`, this.#details));
  }

  #accepted({ from: peer, window, readsBundles, tellsBegun }: Extract<Frame, { readonly type: 'accept' }>): void {
    this.#opening.abort();
    this.#peer = peer;
    this.#window = window;
    this.#tellsBegun = tellsBegun;
    this.#collaborators.peers.add(peer, this, readsBundles);
    this.#fill();
  }

  #refused(limit: number): void {
    this.#refusal = new BusError('overloaded', `a process that serves ${this.#what} has ${limit} streams already`, {
      limit,
    });
  }

  #begun(id: number): void {
    const call = this.#sent.get(id);
    if (call !== undefined && !call.isCancelled) call.onBegun?.();
  }

  #answered(id: number, body: unknown): void {
    const call = this.#take(id);
    if (call === undefined) return;
    const response = this.#options.service.response.safeParse(body);
    if (response.success) call.resolve(response.data);
    else call.reject(new BusError('failed', `${this.#what} sent something that cannot be read`, this.#details));
  }

  /** The other end has finished with a request, and its place in the window is free. */
  #take(id: number): Call<Response> | undefined {
    const call = this.#sent.get(id);
    if (call === undefined) return undefined;
    this.#sent.delete(id);
    call.release();
    this.#fill();
    return call.isCancelled ? undefined : call;
  }

  #fill(): void {
    while (this.#peer !== undefined && this.#sent.size < this.#window) {
      const call = this.#waiting.shift();
      if (call === undefined) return;
      this.#sent.set(call.id, call);
      const { from } = this.#collaborators;
      const asksBegun = this.#tellsBegun && call.onBegun !== undefined;
      try {
        this.#send({
          ...{ type: 'request', from, stream: this.#options.id, id: call.id, body: call.body },
          ...(asksBegun && { asksBegun }),
        });
        if (!asksBegun) call.onBegun?.();
      } catch (error) {
        this.#sent.delete(call.id);
        call.release();
        call.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  #cancel(call: Call<Response>): void {
    const at = this.#waiting.indexOf(call);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#sent.has(call.id) && !call.isCancelled) {
      // Its place stays taken until the other end has stopped.
      call.isCancelled = true;
      this.#send({ type: 'cancel', from: this.#collaborators.from, stream: this.#options.id, id: call.id });
    }
    call.release();
    call.reject(cancelled());
  }

  #finish(reason: BusError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#opening.abort();
    if (this.#peer !== undefined) {
      this.#collaborators.sayEnd(this.#peer);
      this.#collaborators.peers.remove(this.#peer, this);
    }
    for (const call of [...this.#sent.values(), ...this.#waiting.splice(0)]) {
      call.release();
      if (!call.isCancelled) call.reject(reason);
    }
    this.#sent.clear();
    this.#collaborators.onEnded();
    this.#end.resolve(reason);
  }

  /** A message that the transport does not take is lost; a stream that loses one cannot go on. @throws {BusError} `messageTooLarge` */
  #send(frame: Frame): void {
    const bytes = encode(frame, this.#what, this.#options.service.mostBytes);
    if (this.#collaborators.send(this.#peer, bytes) || frame.type === 'open') return;
    queueMicrotask(() => this.lost());
  }

  get #what(): string {
    return `${this.#options.service.name} ${this.#options.name}`;
  }

  get #details(): { readonly service: string; readonly name: string } {
    return { service: this.#options.service.name, name: this.#options.name };
  }
}
