import type { Ipv4Address } from '@revtr/net';

export interface ReferenceTargetsCollaborators {
  /** Addresses that a host may ping to learn whether it is online: configured test targets and other agents that are online. */
  readonly candidates: (host: Ipv4Address) => readonly Ipv4Address[];
  /** Whether an address can be among the candidates. */
  readonly isReference: (address: Ipv4Address) => boolean;
  /** Whether an address is among the candidates of a host at this moment. */
  readonly isCandidate: (host: Ipv4Address, address: Ipv4Address) => boolean;
}

/** Which addresses each host can ping to learn whether it is online. One is proven when it has answered the host before. */
export class ReferenceTargets {
  readonly #collaborators: ReferenceTargetsCollaborators;
  /** Targets that have answered, by host; the one that answered last comes last. */
  readonly #answered = new Map<Ipv4Address, Set<Ipv4Address>>();
  #turn = 0;

  constructor(collaborators: ReferenceTargetsCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Notes that `target` has answered a ping of `host`. */
  noteAnswer(host: Ipv4Address, target: Ipv4Address): void {
    if (target === host || !this.#collaborators.isReference(target)) return;
    const answered = this.#answered.get(host) ?? new Set();
    this.#answered.set(host, answered);
    answered.delete(target);
    answered.add(target);
  }

  /** Candidates that have answered the host before, the one that answered last first. */
  proven(host: Ipv4Address): readonly Ipv4Address[] {
    const { isCandidate } = this.#collaborators;
    return [...(this.#answered.get(host) ?? [])].reverse().filter((target) => isCandidate(host, target));
  }

  /** At most `most` candidates of the host, others in every call. */
  nextOf(host: Ipv4Address, most: number): readonly Ipv4Address[] {
    const candidates = this.#collaborators.candidates(host);
    const start = this.#turn;
    this.#turn += most;
    return Array.from(
      { length: Math.min(most, candidates.length) },
      (_, i) => candidates[(start + i) % candidates.length],
    );
  }

  /** Forgets a host that measures no more. */
  forget(host: Ipv4Address): void {
    this.#answered.delete(host);
  }
}
