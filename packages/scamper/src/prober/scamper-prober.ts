import { randomBytes, randomInt } from 'node:crypto';
import { checkIcmpPacket, formatIpv4, ICMP, type IcmpPacket, type Ipv4Address, parseIcmpPacket } from '@revtr/net';
import {
  assertValidRequest,
  type Clock,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type Spoof,
  type TracerouteRequest,
  type TracerouteResult,
  toPingReply,
} from '@revtr/probing';
import type { ScamperDriver } from '../control/scamper-driver.ts';
import { ScamperError } from '../errors.ts';
import type { WartsRecord } from '../warts/file.ts';
import { pingCommand, type SpoofMark, sniffCommand, spoofCommand, traceCommand } from './commands.ts';
import { recordedReply, toTracerouteResult } from './results.ts';

export interface ScamperProberOptions {
  /** Scampers by the address of the host that each runs on. */
  readonly drivers: ReadonlyMap<Ipv4Address, ScamperDriver>;
  /** Whether packets may claim a source: called before each spoofed probe. Default: every registered host may be claimed. */
  readonly maySpoof?: (request: PingRequest, spoof: Spoof) => boolean;
}

const TOKEN_BYTES = 8;
/** scamper opens its capture a moment after it has taken the command. */
const SNIFF_OPENS_MS = 30;

/** A {@link Prober} over several scampers: one sends, and, for spoofed probes, another catches the answer. */
export class ScamperProber implements Prober {
  readonly #options: ScamperProberOptions;
  readonly #clock: Clock;

  constructor(options: ScamperProberOptions, collaborators: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = collaborators.clock;
  }

  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    assertValidRequest(request);
    const sender = this.#driver(request.sender, 'unknownSender');
    if (request.spoof !== undefined) return this.#spoof(request, request.spoof, sender, signal);
    const sentAt = this.#clock.now();
    const record = await this.#within(
      request.timeoutMs,
      signal,
      (limited) => sender.run(pingCommand(request), limited).result,
    );
    const reply = record?.type === 'ping' ? recordedReply(request, record) : undefined;
    return { type: 'ping', request, sentAt, ...(reply && { reply }) };
  }

  async traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    assertValidRequest(request);
    const startedAt = this.#clock.now();
    const driver = this.#driver(request.sender, 'unknownSender');
    const record = await translated(driver.run(traceCommand(request), signal).result);
    if (record.type !== 'trace')
      throw new ProbingError('proberStopped', 'scamper answered a traceroute with something else');
    return toTracerouteResult(request, record, { startedAt, endedAt: this.#clock.now() });
  }

  /** Lets the receiver listen for one reply with random numbers, then lets the sender emit the probe that causes it. */
  async #spoof(request: PingRequest, spoof: Spoof, sender: ScamperDriver, signal?: AbortSignal): Promise<PingResult> {
    const receiver = this.#driver(spoof.receiver, 'unknownReceiver');
    if (!(this.#options.maySpoof?.(request, spoof) ?? this.#options.drivers.has(spoof.claimedSource))) {
      throw new ProbingError('spoofingRefused', `${formatIpv4(spoof.claimedSource)} has not agreed to be claimed`);
    }
    const mark: SpoofMark = {
      identifier: randomInt(1, 0x8000),
      sequence: randomInt(0x10000),
      token: randomBytes(TOKEN_BYTES).toString('hex'),
    };
    let sentAt = this.#clock.now();
    const record = await this.#within(request.timeoutMs + SNIFF_OPENS_MS, signal, async (limited) => {
      const sniff = receiver.run(sniffCommand(spoof.receiver, mark.identifier, request.timeoutMs), limited);
      // What the capture rejects with is awaited below; until then nobody else may be told.
      sniff.result.catch(() => undefined);
      await Promise.race([sniff.started, sniff.result]);
      await this.#clock.sleep(SNIFF_OPENS_MS, limited);
      sentAt = this.#clock.now();
      sender.run(spoofCommand(request, spoof.claimedSource, mark), limited).result.catch(() => undefined);
      return sniff.result;
    });
    const packet = record && findReply(record, request, mark);
    return { type: 'ping', request, sentAt, ...(packet && { reply: toPingReply(packet, this.#clock.now() - sentAt) }) };
  }

  /** Runs `work` for at most `timeoutMs`; `undefined` when it took longer. */
  async #within(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<WartsRecord>,
  ): Promise<WartsRecord | undefined> {
    const limit = new AbortController();
    const limited = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
    const finished = new AbortController();
    const timer = this.#clock.sleep(timeoutMs, finished.signal).then(
      () => limit.abort(),
      () => undefined,
    );
    try {
      return await translated(work(limited));
    } catch (error) {
      if (limit.signal.aborted && !signal?.aborted) return undefined;
      throw error;
    } finally {
      finished.abort();
      await timer;
    }
  }

  #driver(address: Ipv4Address, code: 'unknownSender' | 'unknownReceiver'): ScamperDriver {
    const driver = this.#options.drivers.get(address);
    if (driver === undefined)
      throw new ProbingError(code, `${formatIpv4(address)} is no agent`, { address: formatIpv4(address) });
    return driver;
  }
}

/** The caught packet that answers the probe: from its target, with its numbers and its token. */
function findReply(
  record: WartsRecord,
  { target }: PingRequest,
  { identifier, sequence, token }: SpoofMark,
): IcmpPacket | undefined {
  if (record.type !== 'sniff') return undefined;
  for (const { bytes } of record.packets) {
    if (bytes === undefined || checkIcmpPacket(bytes, 0, bytes.length) !== undefined) continue;
    const packet = parseIcmpPacket(bytes);
    const isAnswer = packet.type === ICMP.echoReply && packet.source === target;
    const hasNumbers = packet.identifier === identifier && packet.sequence === sequence;
    if (isAnswer && hasNumbers && Buffer.from(packet.payload).includes(Buffer.from(token, 'hex'))) return packet;
  }
  return undefined;
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
