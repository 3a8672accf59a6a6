import type { Ipv4Address } from '@revtr/net';
import type { Clock, PingRequest, PingResult } from '@revtr/probing';
import type { GuardedRequest, GuardedResult, ProbeGuard } from '../safety/guarded-prober.ts';
import type { ProbeCause } from '../safety/probe-context.ts';
import type { TestName } from './report.ts';

/** Tests whose probes measurements send as well. */
export const PROVEN_TESTS = [
  'ping',
  'receiveRecordRoute',
  'receiveSpoofed',
  'sendSpoofed',
] as const satisfies TestName[];
export type ProvenTest = (typeof PROVEN_TESTS)[number];

/** A probe was answered that shows as much as a probe of a test. */
export interface Proof {
  readonly address: Ipv4Address;
  readonly test: ProvenTest;
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
  /** When the answer was there, milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface AgentProofsCollaborators {
  readonly clock: Clock;
  /** The user who owns an agent; `null` for the operator, `undefined` when there is no such agent. */
  readonly ownerOf: (address: Ipv4Address) => number | null | undefined;
  /** Told of the proofs that this process has seen. */
  readonly onProof?: ((proof: Proof) => void) | undefined;
}

/** Proofs of one test of an agent that follow each other faster are left out, milliseconds. */
const EVERY_MS = 250;
/** By how much the clock of another process may be ahead, milliseconds. */
const MOST_AHEAD_MS = 100;
/** Most agents whose last proof is remembered, for each test. */
const MOST_AGENTS = 20_000;

/** A spoofed probe arrived. */
interface Arrival {
  readonly receiver: Ipv4Address;
  readonly at: number;
}

/**
 * Remembers what the answers to probes have shown about agents. While measurements use up what a router near a source lets through of packets with
 * options, a test may get no answer at all; the answers that measurements get then show what the test cannot.
 *
 * Probes to the sender or the receiver do not count, because they may never leave a host, nor do raw probes, because any user chooses them. That an agent
 * can send spoofed probes, only the receivers say: two of them must, and neither may belong to the user who owns the agent.
 */
export class AgentProofs implements ProbeGuard {
  readonly #collaborators: AgentProofsCollaborators;
  readonly #last: Readonly<Record<ProvenTest, Map<Ipv4Address, Proof>>> = {
    ping: new Map(),
    receiveRecordRoute: new Map(),
    receiveSpoofed: new Map(),
    sendSpoofed: new Map(),
  };
  /** For each sender of spoofed probes, the last that arrived. */
  readonly #arrivals = new Map<Ipv4Address, Arrival>();

  constructor(collaborators: AgentProofsCollaborators) {
    this.#collaborators = collaborators;
  }

  after(request: GuardedRequest, result: GuardedResult, cause: ProbeCause | undefined): void {
    if (cause?.type === 'rawProbe') return;
    if (request.type !== 'ping' || result.type !== 'ping' || result.reply?.icmpType !== 0) return;
    const { sender, target, option, spoof } = request;
    if (target === sender || target === spoof?.receiver || target === spoof?.claimedSource) return;
    const now = this.#collaborators.clock.now();
    if (spoof === undefined) {
      if (option === undefined) this.#note(sender, 'ping', request, now);
      else if (isRecorded(result)) this.#note(sender, 'receiveRecordRoute', request, now);
    } else if (isRecorded(result)) {
      this.#note(spoof.receiver, 'receiveSpoofed', request, now);
      const before = this.#arrived(sender, spoof.receiver, now);
      if (before !== undefined) this.#note(sender, 'sendSpoofed', request, before);
    }
  }

  /** Takes over a proof of another process. One from a clock that is far ahead says nothing about when it was seen. */
  adopt(proof: Proof): void {
    const now = this.#collaborators.clock.now();
    if (proof.at > now + MOST_AHEAD_MS) return;
    const at = Math.min(proof.at, now);
    if (at > this.#lastAt(proof.address, proof.test)) this.#keep({ ...proof, at });
  }

  /** Begins to watch an agent. The function that is returned finds a proof from now on. */
  watch(address: Ipv4Address): (test: TestName) => Proof | undefined {
    const { clock } = this.#collaborators;
    const since = clock.now();
    // The clock was set back: such a proof is old, and would count when the clock is there again.
    for (const last of Object.values(this.#last)) if ((last.get(address)?.at ?? since) > since) last.delete(address);
    return (test) => {
      const proof = test === 'traceroute' ? undefined : this.#last[test].get(address);
      return proof !== undefined && since <= proof.at && proof.at <= clock.now() ? proof : undefined;
    };
  }

  /** When an answer last showed what a test shows, milliseconds since the Unix epoch; `undefined` if none is remembered. */
  provenAt(address: Ipv4Address, test: ProvenTest): number | undefined {
    const at = this.#lastAt(address, test);
    return at === Number.NEGATIVE_INFINITY ? undefined : at;
  }

  /** Notes an arrival at an independent receiver. Returns when one at another receiver arrived before, if that was the last one. */
  #arrived(sender: Ipv4Address, receiver: Ipv4Address, now: number): number | undefined {
    const { ownerOf } = this.#collaborators;
    const owner = ownerOf(receiver);
    if (owner === undefined || (owner !== null && owner === ownerOf(sender))) return undefined;
    const before = this.#arrivals.get(sender);
    remember(this.#arrivals, sender, { receiver, at: now });
    return before === undefined || before.receiver === receiver || before.at > now ? undefined : before.at;
  }

  #note(address: Ipv4Address, test: ProvenTest, { sender, target }: PingRequest, at: number): void {
    if (at < this.#lastAt(address, test) + EVERY_MS) return;
    const proof = { address, test, sender, target, at };
    this.#keep(proof);
    this.#collaborators.onProof?.(proof);
  }

  #keep(proof: Proof): void {
    remember(this.#last[proof.test], proof.address, proof);
  }

  /** When the last proof was seen; never, if that lies in the future, because the clock was set back. */
  #lastAt(address: Ipv4Address, test: ProvenTest): number {
    const at = this.#last[test].get(address)?.at ?? Number.NEGATIVE_INFINITY;
    return at > this.#collaborators.clock.now() ? Number.NEGATIVE_INFINITY : at;
  }
}

function remember<T>(last: Map<Ipv4Address, T>, address: Ipv4Address, what: T): void {
  last.delete(address);
  last.set(address, what);
  const [oldest] = last.keys();
  if (last.size > MOST_AGENTS) last.delete(oldest);
}

const isRecorded = ({ reply }: PingResult): boolean => reply?.recordRoute !== undefined;
