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

/** scamper opens its capture a moment after it has taken the command. */
const SNIFF_OPENS_MS = 30;

/** How long a command may wait until scamper takes it, milliseconds. */
const QUEUE_MS = 20_000;
/** What scamper may take beyond a command's own time before its health is checked, milliseconds. */
const SLACK_MS = 5_000;

/** How to emit a spoofed probe. */
export interface EmitOptions {
  /** Resolves when the packet was seen leaving. */
  readonly left?: Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** Called right before scamper gets the command; what it throws rejects the call, and nothing is sent. */
  readonly beforeSend?: (() => void) | undefined;
}

const notMeasuring = (): ProbingError => new ProbingError('proberStopped', 'scamper does not answer');

/** What one host can do with the scamper that runs on it. Requests are valid ones. */
export class ScamperHost {
  readonly #driver: ScamperDriver;
  readonly #clock: Clock;
  readonly #turns = new Turns();

  constructor(collaborators: { readonly driver: ScamperDriver; readonly clock: Clock }) {
    this.#driver = collaborators.driver;
    this.#clock = collaborators.clock;
  }

  /**
   * Sends an echo request with this host's own address and waits for its reply. The time runs from the moment that scamper takes
   * the command. `beforeSend` is called then and may throw. @throws {ProbingError} `proberStopped` when scamper does not measure
   */
  async ping(request: PingRequest, signal?: AbortSignal, beforeSend?: () => void): Promise<PingResult> {
    return this.#turns.take(request.target, signal, async () => {
      const limit = new AbortController();
      const limited = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
      const expectedMs = request.timeoutMs + SLACK_MS;
      const task = this.#driver.run(pingCommand(request), limited, { beforeSend, expectedMs });
      // It is awaited below; until then a rejection must not count as unhandled.
      task.result.catch(() => undefined);
      await this.#untilStarted(task, limit);
      const sentAt = this.#clock.now();
      const clock = this.#clock;
      const record = await within(request.timeoutMs, { signal, clock }, async (expired) => {
        expired.addEventListener('abort', () => limit.abort(), { once: true });
        return translated(task.result);
      });
      if (record === undefined && !this.#driver.measures) throw notMeasuring();
      const reply = record?.type === 'ping' ? recordedReply(request, record) : undefined;
      return { type: 'ping', request, sentAt, ...(reply && { reply }) };
    });
  }

  /** Runs a Paris traceroute. `beforeSend` is called when scamper gets the command and may throw. @throws {ProbingError} */
  async traceroute(
    request: TracerouteRequest,
    signal?: AbortSignal,
    beforeSend?: () => void,
  ): Promise<TracerouteResult> {
    return this.#turns.take(request.target, signal, async () => {
      const startedAt = this.#clock.now();
      const { maxHops, attempts } = { ...TRACEROUTE_DEFAULTS, ...request };
      const expectedMs = maxHops * attempts * request.timeoutMs + SLACK_MS;
      const options = { beforeSend, expectedMs };
      const record = await translated(this.#driver.run(traceCommand(request), signal, options).result);
      if (record.type !== 'trace')
        throw new ProbingError('proberStopped', 'scamper answered a traceroute with something else');
      return toTracerouteResult(request, record, { startedAt, endedAt: this.#clock.now() });
    });
  }

  /** Waits until scamper takes a command; what never left must not count as unanswered. @throws {ProbingError} */
  async #untilStarted(task: RunningTask, limit: AbortController): Promise<void> {
    const finished = new AbortController();
    const expire = this.#clock.sleep(QUEUE_MS, finished.signal).then(
      () => true,
      () => false,
    );
    try {
      const isLate = await Promise.race([task.started, translated(task.result).then(() => undefined), expire]);
      if (isLate !== true) return;
      limit.abort();
      throw notMeasuring();
    } finally {
      finished.abort();
    }
  }

  /**
   * Emits one spoofed echo request; its reply goes elsewhere. scamper would wait a second for it, and hold back other probes to
   * the target meanwhile: it is halted as soon as `left` says that the packet was seen leaving. @throws {ProbingError}
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
    // A grant allows one packet: a command that may have been carried out is not repeated.
    const run = { beforeSend: options.beforeSend, mostAttempts: 1 };
    const ended = translated(this.#driver.run(spoofCommand(request, claimedSource, mark), signal, run).result);
    if (options.left === undefined) return void (await ended);
    const hasLeft = await Promise.race([options.left.then(() => true), ended.then(() => false)]);
    ended.catch(() => undefined);
    halt.abort();
    if (!hasLeft) throw new ProbingError('proberStopped', 'the spoofed probe was not seen leaving');
  }

  /**
   * Waits for the reply to a spoofed probe that claims this host, by a capture of scamper's own. `onReady` is called when
   * it listens. @throws {ProbingError}
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
      // What the capture rejects with is awaited below; until then nobody else may be told.
      sniff.result.catch(() => undefined);
      await Promise.race([sniff.started, translated(sniff.result)]);
      await this.#clock.sleep(SNIFF_OPENS_MS, limited);
      options.onReady();
      return translated(sniff.result);
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

/** Runs `work` for at most `timeoutMs`; `undefined` when it took longer. */
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

/** Errors of scamper in the words of measurement. */
async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ScamperError)
      throw new ProbingError(error.code === 'refused' ? 'invalidRequest' : 'proberStopped', error.message);
    throw error;
  }
}
