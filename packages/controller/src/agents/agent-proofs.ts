import type { Ipv4Address } from '@revtr/net';
import type { Clock, PingRequest, PingResult } from '@revtr/probing';
import type { GuardedRequest, GuardedResult, ProbeGuard } from '../safety/guarded-prober.ts';
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
  /** Told of the proofs that this process has seen. */
  readonly onProof?: ((proof: Proof) => void) | undefined;
}

/** Proofs of one test of an agent that follow each other faster are left out, milliseconds. */
const EVERY_MS = 250;
/** Most agents whose last proof is remembered, for each test. */
const MOST_AGENTS = 20_000;

/**
 * Remembers what the answers to all probes have shown about agents. While measurements use up what a router near a source lets through of packets with
 * options, a test may get no answer at all; the answers that measurements get then show what the test cannot.
 */
export class AgentProofs implements ProbeGuard {
  readonly #collaborators: AgentProofsCollaborators;
  readonly #last: Readonly<Record<ProvenTest, Map<Ipv4Address, Proof>>> = {
    ...{ ping: new Map(), receiveRecordRoute: new Map(), receiveSpoofed: new Map(), sendSpoofed: new Map() },
  };

  constructor(collaborators: AgentProofsCollaborators) {
    this.#collaborators = collaborators;
  }

  after(request: GuardedRequest, result: GuardedResult): void {
    if (request.type !== 'ping' || result.type !== 'ping' || result.reply?.icmpType !== 0) return;
    const { sender, spoof } = request;
    if (spoof === undefined) {
      if (request.option === undefined) this.#note(sender, 'ping', request);
      else if (isRecorded(result)) this.#note(sender, 'receiveRecordRoute', request);
    } else if (isRecorded(result)) {
      this.#note(spoof.receiver, 'receiveSpoofed', request);
      this.#note(sender, 'sendSpoofed', request);
    }
  }

  /** Takes over a proof of another process, whose clock may be ahead. */
  adopt(proof: Proof): void {
    const at = Math.min(proof.at, this.#collaborators.clock.now());
    if (at > (this.#last[proof.test].get(proof.address)?.at ?? 0)) this.#keep({ ...proof, at });
  }

  /** Begins to watch an agent. The function that is returned finds a proof from now on. */
  watch(address: Ipv4Address): (test: TestName) => Proof | undefined {
    const since = this.#collaborators.clock.now();
    return (test) => {
      const proof = test === 'traceroute' ? undefined : this.#last[test].get(address);
      return proof !== undefined && proof.at >= since ? proof : undefined;
    };
  }

  #note(address: Ipv4Address, test: ProvenTest, { sender, target }: PingRequest): void {
    const { clock, onProof } = this.#collaborators;
    const at = clock.now();
    if (at < (this.#last[test].get(address)?.at ?? 0) + EVERY_MS) return;
    const proof = { address, test, sender, target, at };
    this.#keep(proof);
    onProof?.(proof);
  }

  #keep(proof: Proof): void {
    const last = this.#last[proof.test];
    last.delete(proof.address);
    last.set(proof.address, proof);
    const [oldest] = last.keys();
    if (last.size > MOST_AGENTS) last.delete(oldest);
  }
}

const isRecorded = ({ reply }: PingResult): boolean => reply?.recordRoute !== undefined;
