import type { IcmpPacket, Ipv4Address } from '@revtr/net';
import {
  type Clock,
  type PingRequest,
  type PingResult,
  ProbingError,
  readSpoofedReply,
  type SpoofMark,
  type TracerouteRequest,
  type TracerouteResult,
} from '@revtr/probing';
import type { ScamperDriver } from '../control/scamper-driver.ts';
import { ScamperError } from '../errors.ts';
import type { WartsRecord } from '../warts/file.ts';
import { pingCommand, sniffCommand, spoofCommand, traceCommand } from './commands.ts';
import { recordedReply, toTracerouteResult } from './results.ts';
import { Turns } from './turns.ts';

/** scamper opens its capture a moment after it has taken the command. */
const SNIFF_OPENS_MS = 30;

/** What one host can do with the scamper that runs on it. Requests are valid ones. */
export class ScamperHost {
  readonly #driver: ScamperDriver;
  readonly #clock: Clock;
  readonly #turns = new Turns();

  constructor(collaborators: { readonly driver: ScamperDriver; readonly clock: Clock }) {
    this.#driver = collaborators.driver;
    this.#clock = collaborators.clock;
  }

  /** Sends an echo request under this host's own address and waits for its reply. @throws {ProbingError} */
  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    return this.#turns.take(request.target, signal, async () => {
      const sentAt = this.#clock.now();
      const record = await within(request.timeoutMs, { signal, clock: this.#clock }, (limited) =>
        translated(this.#driver.run(pingCommand(request), limited).result),
      );
      const reply = record?.type === 'ping' ? recordedReply(request, record) : undefined;
      return { type: 'ping', request, sentAt, ...(reply && { reply }) };
    });
  }

  /** Runs a Paris traceroute. @throws {ProbingError} */
  async traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    return this.#turns.take(request.target, signal, async () => {
      const startedAt = this.#clock.now();
      const record = await translated(this.#driver.run(traceCommand(request), signal).result);
      if (record.type !== 'trace')
        throw new ProbingError('proberStopped', 'scamper answered a traceroute with something else');
      return toTracerouteResult(request, record, { startedAt, endedAt: this.#clock.now() });
    });
  }

  /**
   * Emits one spoofed echo request; its reply goes elsewhere. scamper would wait a second for it, and hold back other probes to
   * the target meanwhile: it is halted as soon as `left` says that the packet was seen leaving. @throws {ProbingError}
   */
  emitSpoofed(
    request: PingRequest,
    claimedSource: Ipv4Address,
    mark: SpoofMark,
    options: { readonly left?: Promise<void>; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    return this.#turns.take(request.target, options.signal, () => this.#emit(request, claimedSource, mark, options));
  }

  async #emit(
    request: PingRequest,
    claimedSource: Ipv4Address,
    mark: SpoofMark,
    options: { readonly left?: Promise<void>; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const halt = new AbortController();
    const signal = options.signal === undefined ? halt.signal : AbortSignal.any([options.signal, halt.signal]);
    const ended = translated(this.#driver.run(spoofCommand(request, claimedSource, mark), signal).result);
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
      const sniff = this.#driver.run(sniffCommand(receiver, mark.identifier, options.timeoutMs), limited);
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
