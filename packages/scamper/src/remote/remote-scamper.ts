import { Duplex } from 'node:stream';
import { type Clock, TokenBucket } from '@revtr/probing';
import { ScamperError } from '../errors.ts';
import { badRemoteMessage, encodeFrame, type Frame, FrameDecoder, MOST_PAYLOAD } from './frame.ts';
import { REMOTE_MESSAGES, type RemoteMessage, readRemoteMessage } from './remote-message.ts';

/** Options of {@link RemoteScamper.accept}. */
export interface RemoteScamperOptions {
  /** What scamper names its results after, at most 100 printable characters; `sc_remoted` uses address and port of scamper. */
  readonly identity: string;
  /** How long scamper may take to introduce itself, milliseconds. Default 10,000. */
  readonly greetingMs?: number;
  /** After how long without a message scamper is given up, milliseconds. scamper sends one every 30 seconds at least. Default 60,000. */
  readonly silenceMs?: number;
}

const KEEP_ALIVE_MS = 25_000;
/** Most messages that scamper may leave unacknowledged, and most bytes that it may leave unread. */
const MOST_UNACKNOWLEDGED = 10_000;
const MOST_UNREAD_BYTES = 2 ** 20;
/** Bytes that scamper may send at once, and per second in the long run. */
const RECEIVE = { capacity: 8 * 2 ** 20, perSecond: 2 ** 20 };
/** Most channels of earlier connections that scamper may still send results on. */
const MOST_OLD_CHANNELS = 256;

/** The number after a 32-bit sequence number. */
const after = (sequence: number): number => (sequence + 1) >>> 0;

/**
 * The controller's side of one connection of a scamper that was started with `-R`, and the one channel on it: a stream that accepts commands and
 * gives results, like a control socket after `attach`. The stream is destroyed when the connection ends, and the other way round.
 *
 * scamper reconnects half a minute after a connection has ended, and then wants to resume it. That is accepted with a new channel: results of the
 * channels before are discarded, because their commands have been given up.
 */
export class RemoteScamper {
  readonly #connection: Duplex;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder();
  readonly #unacknowledged: number[] = [];
  readonly #oldChannels = new Set<number>();
  readonly #greeted = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  /** Sequence numbers: of the next message to scamper, and of the next one from it. */
  #sent = 0;
  #received = 0;
  /** The greeting, once it has arrived. */
  #hello: Extract<RemoteMessage, { type: 'hello' | 'resume' }> | undefined;
  #spokeAt: number;
  #heardAt: number;
  readonly #mayReceive: TokenBucket;
  /** Number of the channel. scamper may have channels of an earlier connection, which have other numbers. */
  readonly #channel: number;
  /** Commands for scamper, and its results. */
  readonly stream: Duplex;
  /** The name that scamper gave itself with its option `-M`. */
  monitor: string | undefined;

  private constructor(connection: Duplex, channel: number, clock: Clock) {
    this.#connection = connection;
    this.#channel = channel;
    this.#clock = clock;
    this.#spokeAt = this.#heardAt = clock.now();
    this.#mayReceive = new TokenBucket(RECEIVE, { now: () => clock.now() });
    this.stream = new Duplex({
      read: () => connection.resume(),
      write: (chunk: Buffer, _encoding, done) => {
        for (let at = 0; at < chunk.length; at += MOST_PAYLOAD)
          this.#sendCounted(this.#channel, chunk.subarray(at, at + MOST_PAYLOAD));
        done();
      },
      destroy: (error, done) => {
        this.#close(error ?? undefined);
        done(error);
      },
    });
    // Whoever uses the stream learns from `close` that it has ended.
    this.stream.on('error', () => undefined);
    connection.on('data', (chunk: Uint8Array) => this.#take(chunk));
    connection.on('error', (error) => this.#close(error));
    connection.on('close', () => this.#close(undefined));
  }

  /**
   * Waits for the greeting of a scamper on a connection that has been accepted, and opens a channel.
   * @param collaborators `random`: a number from 0 to 1
   * @throws {ScamperError} `badProtocol` for another protocol, and when scamper says nothing in time
   */
  static async accept(
    connection: Duplex,
    options: RemoteScamperOptions,
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ): Promise<RemoteScamper> {
    const channel = 1 + Math.floor(random() * 0x7fff_fffe);
    const remote = new RemoteScamper(connection, channel, clock);
    const { greetingMs = 10_000, silenceMs = 60_000 } = options;
    clock.sleep(greetingMs, remote.#over.signal).then(
      () => remote.#hello ?? remote.#close(silent()),
      () => undefined,
    );
    await remote.#greeted.promise;
    remote.#welcome(options.identity);
    void remote.#watch(silenceMs);
    return remote;
  }

  /** Ends the connection. */
  close(): void {
    this.#close(undefined);
  }

  #welcome(identity: string): void {
    const hello = this.#hello;
    if (hello?.type === 'resume') {
      this.#send(0, 0, REMOTE_MESSAGES.resumed(hello.next));
      this.#sent = hello.received;
      this.#received = hello.next;
    } else this.#send(0, 0, REMOTE_MESSAGES.identity(identity));
    this.#sendCounted(0, REMOTE_MESSAGES.open(this.#channel));
    this.#connection.resume();
  }

  #take(chunk: Uint8Array): void {
    this.#heardAt = this.#clock.now();
    try {
      if (!this.#mayReceive.take(chunk.length)) throw badRemoteMessage('too much', chunk);
      for (const frame of this.#decoder.push(chunk)) {
        if (this.#over.signal.aborted) return;
        this.#read(frame);
      }
    } catch (error) {
      if (!(error instanceof ScamperError)) throw error;
      this.#close(error);
    }
  }

  #read({ sequence, channel, payload }: Frame): void {
    if (this.#hello === undefined) {
      this.#greet(sequence, channel, payload);
      return;
    }
    if (sequence !== this.#received)
      throw badRemoteMessage(`message ${sequence} in place of ${this.#received}`, payload);
    if (channel === 0) this.#control(readRemoteMessage(payload), payload);
    else {
      this.#acknowledge();
      if (channel !== this.#channel) this.#dropChannel(channel);
      else if (!this.stream.push(payload)) this.#connection.pause();
    }
  }

  #greet(sequence: number, channel: number, payload: Uint8Array): void {
    if (sequence !== 0 || channel !== 0) throw badRemoteMessage('something before its greeting', payload);
    const message = readRemoteMessage(payload);
    if (message.type !== 'hello' && message.type !== 'resume')
      throw badRemoteMessage('something before its greeting', payload);
    this.#hello = message;
    if (message.type === 'hello') this.monitor = message.monitor;
    // What follows is read when the greeting has been answered.
    this.#connection.pause();
    this.#greeted.resolve();
  }

  #control(message: RemoteMessage, payload: Uint8Array): void {
    switch (message.type) {
      case 'keepAlive':
        return;
      case 'acknowledged':
        if (this.#unacknowledged.shift() !== message.sequence)
          throw badRemoteMessage('an acknowledgement of nothing', payload);
        return;
      case 'finished':
        this.#acknowledge();
        this.#oldChannels.delete(message.channel);
        if (message.channel === this.#channel) this.#close(undefined);
        return;
      default:
        throw badRemoteMessage('a second greeting', payload);
    }
  }

  /** Closes a channel of an earlier connection, which still has results. */
  #dropChannel(channel: number): void {
    if (this.#oldChannels.has(channel)) return;
    if (this.#oldChannels.size >= MOST_OLD_CHANNELS)
      throw badRemoteMessage('results on too many channels', new Uint8Array(0));
    this.#oldChannels.add(channel);
    this.#sendCounted(0, REMOTE_MESSAGES.finish(channel));
  }

  #acknowledge(): void {
    const sequence = this.#received;
    this.#received = after(sequence);
    this.#send(this.#sent, 0, REMOTE_MESSAGES.acknowledge(sequence));
  }

  /** Sends a message that scamper acknowledges. */
  #sendCounted(channel: number, payload: Uint8Array): void {
    const sequence = this.#sent;
    this.#sent = after(sequence);
    this.#unacknowledged.push(sequence);
    this.#send(sequence, channel, payload);
    if (this.#unacknowledged.length > MOST_UNACKNOWLEDGED) this.#close(unread());
  }

  #send(sequence: number, channel: number, payload: Uint8Array): void {
    if (this.#over.signal.aborted) return;
    this.#spokeAt = this.#clock.now();
    this.#connection.write(encodeFrame({ sequence, channel, payload }));
    if (this.#connection.writableLength > MOST_UNREAD_BYTES) this.#close(unread());
  }

  async #watch(silenceMs: number): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const now = this.#clock.now();
      if (now - this.#heardAt >= silenceMs) return this.#close(silent());
      if (now - this.#spokeAt >= KEEP_ALIVE_MS) this.#send(this.#sent, 0, REMOTE_MESSAGES.keepAlive());
      const nextMs = Math.min(this.#heardAt + silenceMs, this.#spokeAt + KEEP_ALIVE_MS) - now;
      await this.#clock.sleep(Math.max(1, nextMs), signal).catch(() => undefined);
    }
  }

  #close(error: Error | undefined): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#greeted.promise.catch(() => undefined);
    this.#greeted.reject(error instanceof ScamperError ? error : left());
    this.#connection.destroy();
    this.stream.destroy(error);
  }
}

const unreadDetails = { received: '' };
const silent = (): ScamperError => new ScamperError('badProtocol', 'scamper is silent', unreadDetails);
const unread = (): ScamperError => new ScamperError('badProtocol', 'scamper does not read', unreadDetails);
const left = (): ScamperError => new ScamperError('badProtocol', 'scamper closed the connection', unreadDetails);
