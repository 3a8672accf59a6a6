import type { IcmpPacket, Ipv4Address } from '@revtr/net';
import {
  type Clock,
  type PingRequest,
  type PingResult,
  ProbingError,
  readSpoofedReply,
  type SpoofMark,
  TRACEROUTE_DEFAULTS,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import type { RunningTask, ScamperDriver } from '../control/scamper-driver.ts';
import { ScamperError } from '../errors.ts';
import type { WartsRecord } from '../warts/file.ts';
import { pingCommand, sniffCommand, spoofCommand, traceCommand } from './commands.ts';
import { recordedReply, toTracerouteResult } from './results.ts';
import { Turns } from './turns.ts';

/** scamper opens its capture a moment after it has accepted the command. */
const SNIFF_OPENS_MS = 30;
/** Longest time that a command waits until scamper accepts it. */
const QUEUE_MS = 20_000;
/** Time beyond the duration of a command after which the watchdog checks scamper. */
const SLACK_MS = 5_000;

/** Options of {@link ScamperHost.emitSpoofed}. */
export interface EmitOptions {
  /** Resolves when the packet was captured on its way out. */
  readonly left?: Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** Called right before the command is sent to scamper. When it throws, the call rejects with that error and nothing is sent. */
  readonly beforeSend?: (() => void) | undefined;
}

/**
 * Runs the measurements of one host with the scamper on that host. Requests must be valid (`assertValidRequest`). Every method rejects with a
 * `ProbingError`: `invalidRequest` when scamper rejects the command, `proberStopped` when scamper fails, `cancelled` when the signal fires.
 * `beforeSend` is called right before the command is sent to scamper. When it throws, the method rejects with that error and nothing is sent.
 */
export class ScamperHost {
  readonly #driver: ScamperDriver;
  readonly #clock: Clock;
  readonly #turns = new Turns();
  #contact: string | undefined;

  constructor(collaborators: { readonly driver: ScamperDriver; readonly clock: Clock }) {
    this.#driver = collaborators.driver;
    this.#clock = collaborators.clock;
  }

  /** Sets the contact that all probes carry from now on, a URI (RFC 9511); `undefined`: none. Default: none. */
  setContact(contact: string | undefined): void {
    this.#contact = contact;
  }

  /**
   * Sends an echo request from the address of this host and waits up to `timeoutMs` for its reply. The time starts when scamper accepts the
   * command.
   */
  async ping(request: PingRequest, signal?: AbortSignal, beforeSend?: () => void): Promise<PingResult> {
    return this.#turns.take(request.target, signal, async () => {
      const limit = new AbortController();
      const limited = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
      const expectedMs = request.timeoutMs + SLACK_MS;
      const task = this.#driver.run(pingCommand(request, this.#contact), limited, { beforeSend, expectedMs });
      // The result is awaited below. An earlier rejection must not count as unhandled.
      task.result.catch(() => undefined);
      await this.#untilStarted(task, limit);
      const sentAt = this.#clock.now();
      const record = await within(request.timeoutMs, { signal, clock: this.#clock }, (expired) => {
        expired.addEventListener('abort', () => limit.abort(), { once: true });
        return translated(() => task.result);
      });
      if (record === undefined && !this.#driver.measures) throw notMeasuring();
      const reply = record?.type === 'ping' ? await translated(async () => recordedReply(request, record)) : undefined;
      return { type: 'ping', request, sentAt, ...(reply && { reply }) };
    });
  }

  /** Runs a Paris traceroute. Its timeout applies to each probe. */
  async traceroute(
    request: TracerouteRequest,
    signal?: AbortSignal,
    beforeSend?: () => void,
  ): Promise<TracerouteResult> {
    return this.#turns.take(request.target, signal, async () => {
      const startedAt = this.#clock.now();
      const { maxHops, attempts } = { ...TRACEROUTE_DEFAULTS, ...request };
      const options = { beforeSend, expectedMs: maxHops * attempts * request.timeoutMs + SLACK_MS };
      return translated(async () => {
        const record = await this.#driver.run(traceCommand(request, this.#contact), signal, options).result;
        if (record.type !== 'trace')
          throw new ProbingError('proberStopped', 'scamper answered a traceroute with a record of another type');
        return toTracerouteResult(request, record, { startedAt, endedAt: this.#clock.now() });
      });
    });
  }

  /** Waits until scamper accepts a command. A probe that was never sent must not count as unanswered. */
  async #untilStarted(task: RunningTask, limit: AbortController): Promise<void> {
    const finished = new AbortController();
    const expire = this.#clock.sleep(QUEUE_MS, finished.signal).then(
      () => true,
      () => false,
    );
    try {
      const ended = translated(() => task.result).then(() => false);
      const isLate = await Promise.race([task.started.then(() => false), ended, expire]);
      if (!isLate) return;
      limit.abort();
      throw notMeasuring();
    } finally {
      finished.abort();
    }
  }

  /**
   * Sends one spoofed echo request; its reply goes to `claimedSource`. scamper would wait a second for the reply and delay other probes to the
   * target. The task is therefore halted as soon as `left` resolves, which means that the packet was captured on its way out.
   */
  emitSpoofed(
    request: PingRequest,
    claimedSource: Ipv4Address,
    mark: SpoofMark,
    options: EmitOptions = {},
  ): Promise<void> {
    return this.#turns.take(request.target, options.signal, () => this.#emit(request, claimedSource, mark, options));
  }

  async #emit(request: PingRequest, claimedSource: Ipv4Address, mark: SpoofMark, options: EmitOptions): Promise<void> {
    const halt = new AbortController();
    const signal = options.signal === undefined ? halt.signal : AbortSignal.any([options.signal, halt.signal]);
    // A grant allows one packet, so a command that scamper may have run is not repeated.
    const run = { beforeSend: options.beforeSend, maxAttempts: 1 };
    const command = spoofCommand(request, claimedSource, mark, this.#contact);
    const ended = translated(() => this.#driver.run(command, signal, run).result);
    if (options.left === undefined) return void (await ended);
    const hasLeft = await Promise.race([options.left.then(() => true), ended.then(() => false)]);
    ended.catch(() => undefined);
    halt.abort();
    if (!hasLeft) throw new ProbingError('proberStopped', 'the spoofed probe was not seen on its way out');
  }

  /**
   * Waits up to `timeoutMs` for the reply to a spoofed probe that claims the address of this host, with scamper's packet capture. Calls `onReady`
   * when the capture runs. Returns `undefined` when no reply arrived.
   */
  async catchReply(
    expected: { readonly receiver: Ipv4Address; readonly target: Ipv4Address; readonly mark: SpoofMark },
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined; readonly onReady: () => void },
  ): Promise<IcmpPacket | undefined> {
    const { receiver, mark } = expected;
    const timeoutMs = options.timeoutMs + SNIFF_OPENS_MS;
    const record = await within(timeoutMs, { signal: options.signal, clock: this.#clock }, async (limited) => {
      const sniff = this.#driver.run(sniffCommand(receiver, mark.identifier, options.timeoutMs), limited, {
        expectedMs: options.timeoutMs + SLACK_MS,
      });
      // The result is awaited below. An earlier rejection must not count as unhandled.
      sniff.result.catch(() => undefined);
      await Promise.race([sniff.started, translated(() => sniff.result)]);
      await this.#clock.sleep(SNIFF_OPENS_MS, limited);
      options.onReady();
      return translated(() => sniff.result);
    });
    return record && findReply(record, expected);
  }
}

function findReply(
  record: WartsRecord,
  expected: { readonly target: Ipv4Address; readonly mark: SpoofMark },
): IcmpPacket | undefined {
  if (record.type !== 'sniff') return undefined;
  for (const { bytes } of record.packets) {
    const packet = bytes === undefined ? undefined : readSpoofedReply(bytes, expected);
    if (packet !== undefined) return packet;
  }
  return undefined;
}

/** Runs `work` for at most `timeoutMs`; returns `undefined` after that. */
async function within<T>(
  timeoutMs: number,
  { signal, clock }: { readonly signal: AbortSignal | undefined; readonly clock: Clock },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limit = new AbortController();
  const limited = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  const finished = new AbortController();
  const timer = clock.sleep(timeoutMs, finished.signal).then(
    () => limit.abort(),
    () => undefined,
  );
  try {
    return await work(limited);
  } catch (error) {
    if (limit.signal.aborted && !signal?.aborted) return undefined;
    throw error;
  } finally {
    finished.abort();
    await timer;
  }
}

const NOT_ACCEPTED = 'command not accepted';

const notMeasuring = (): ProbingError => new ProbingError('proberStopped', 'scamper does not respond');

/**
 * Turns a {@link ScamperError} into a `ProbingError`. scamper also rejects a valid command, with these words, when the host has no route to
 * the target: then the host cannot send now, and another one may.
 */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScamperError)
      throw new ProbingError(isInvalid(error) ? 'invalidRequest' : 'proberStopped', error.message);
    throw error;
  }
}

const isInvalid = (error: ScamperError): boolean => error.code === 'refused' && !error.message.endsWith(NOT_ACCEPTED);
