import type { Service } from '../contracts.ts';
import { BusError } from '../errors.ts';
import { encode, type Frame } from '../messages.ts';
import type { PeerStream, Peers } from './peers.ts';

/** How requests are served. */
export interface Handler<Request, Response> {
  /** Most requests of one stream that are under way at once: what a client may send before it has responses. */
  readonly window: number;
  /**
   * Answers one request. `signal` fires when nobody waits for the response any more. What it rejects with ends that request alone. A handler that
   * lets requests wait calls `onBegun` when that is over.
   */
  readonly handle: (request: Request, signal: AbortSignal, onBegun: () => void) => Promise<Response>;
}

export interface ServerStreamOptions<Request, Response> {
  readonly service: Service<Request, Response>;
  readonly name: string;
  readonly id: string;
  /** The process that opened the stream. */
  readonly peer: string;
  /** Whether that process reads bundles of frames. */
  readonly readsBundles: boolean;
}

export interface ServerStreamCollaborators<Request, Response> {
  /** Sends a frame. Returns whether it was taken; it may still be lost. */
  readonly send: (to: string, bytes: Uint8Array) => boolean;
  /** Tells a process that this stream has ended. */
  readonly sayEnd: (to: string) => void;
  readonly from: string;
  readonly handler: Handler<Request, Response>;
  readonly peers: Peers;
  /** Told of what the handler rejects with while somebody waits for the response, and of requests that cannot be read. */
  readonly onProblem: (error: unknown) => void;
  readonly onEnded: () => void;
}

/** Why a request ends early. One value for all: making errors is costly. */
const NOBODY_WAITS = 'nobody waits for the response';

/** The end of a stream that answers. */
export class ServerStream<Request, Response> implements PeerStream {
  readonly #options: ServerStreamOptions<Request, Response>;
  readonly #collaborators: ServerStreamCollaborators<Request, Response>;
  readonly #underWay = new Map<number, AbortController>();
  #isOver = false;

  constructor(
    options: ServerStreamOptions<Request, Response>,
    collaborators: ServerStreamCollaborators<Request, Response>,
  ) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Tells the other end that it may send requests. */
  accept(): void {
    const { from, peers, handler } = this.#collaborators;
    const { id: stream, peer, readsBundles } = this.#options;
    peers.add(peer, this, readsBundles);
    this.#send({ type: 'accept', from, stream, window: handler.window, readsBundles: true, tellsBegun: true });
  }

  receive(frame: Frame): void {
    if (frame.from !== this.#options.peer || this.#isOver) return;
    if (frame.type === 'request') void this.#serve(frame);
    else if (frame.type === 'cancel') this.#underWay.get(frame.id)?.abort(NOBODY_WAITS);
    else if (frame.type === 'end') this.#finish({ saysEnd: false });
  }

  /** The peer may live and have been silent, for instance because it was stopped for a while: it must learn that nobody serves it. */
  lost(): void {
    this.close();
  }

  /** Ends the stream and tells the other end. */
  close(): void {
    if (this.#isOver) return;
    this.#finish({ saysEnd: true });
  }

  async #serve({ id, body, asksBegun }: Extract<Frame, { readonly type: 'request' }>): Promise<void> {
    const { handler, from, onProblem } = this.#collaborators;
    const { service, id: stream } = this.#options;
    // A client that sends more than it may is not one of ours.
    if (this.#underWay.size >= handler.window || this.#underWay.has(id)) return this.close();
    const over = new AbortController();
    this.#underWay.set(id, over);
    let answer: Frame;
    try {
      const request = service.request.safeParse(body);
      if (!request.success) throw new Error('the request cannot be read');
      const onBegun = (): void => {
        if (asksBegun && this.#underWay.has(id)) this.#send({ type: 'begun', from, stream, id });
      };
      answer = { type: 'response', from, stream, id, body: await handler.handle(request.data, over.signal, onBegun) };
    } catch (error) {
      if (!over.signal.aborted) onProblem(error);
      const message = error instanceof Error ? error.message : String(error);
      answer = { type: 'failure', from, stream, id, message: message.slice(0, 1_000) };
    }
    if (this.#isOver) return;
    this.#underWay.delete(id);
    try {
      this.#send(answer);
    } catch (error) {
      if (!BusError.is(error, 'messageTooLarge')) throw error;
      onProblem(error);
      this.#send({ type: 'failure', from, stream, id, message: error.message });
    }
  }

  /** A message that the transport does not take is lost; a stream that loses one cannot go on. @throws {BusError} `messageTooLarge` */
  #send(frame: Frame): void {
    const { service, name, peer } = this.#options;
    const bytes = encode(frame, `${service.name} ${name}`, service.mostBytes);
    if (!this.#collaborators.send(peer, bytes)) this.close();
  }

  #finish({ saysEnd }: { readonly saysEnd: boolean }): void {
    this.#isOver = true;
    // While the stream is known, the bus knows how to send to the peer.
    if (saysEnd) this.#collaborators.sayEnd(this.#options.peer);
    this.#collaborators.peers.remove(this.#options.peer, this);
    for (const over of this.#underWay.values()) over.abort(NOBODY_WAITS);
    this.#underWay.clear();
    this.#collaborators.onEnded();
  }
}
