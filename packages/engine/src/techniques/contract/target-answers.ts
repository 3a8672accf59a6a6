import type { Ipv4Address } from '@revtr/net';
import type { Hop } from '../../path/hop.ts';
import type { RecordRouteReading } from '../../record-route/read-answer.ts';

/** The answer to a Record Route ping, with the reverse hops that it shows. */
export interface ReadAnswer {
  readonly target: Ipv4Address;
  readonly sender: Ipv4Address;
  /** Number of links from the target to the source, by the TTL of the answer. */
  readonly distance: number;
  readonly hops: readonly Hop[];
  readonly reading: RecordRouteReading;
}

interface OneTarget {
  /** Senders whose round ended without an answer, which may still come. */
  readonly waiting: Set<Ipv4Address>;
  readonly late: ReadAnswer[];
  hasAnswered: boolean;
}

/** What the targets of one measurement have answered to Record Route pings, during their rounds and later. */
export class TargetAnswers {
  readonly #targets = new Map<Ipv4Address, OneTarget>();

  /** Notes that a target answered in time. */
  noteAnswer({ target }: ReadAnswer): void {
    this.#of(target).hasAnswered = true;
  }

  /** Notes an answer that came after the end of its round. */
  noteLateAnswer(answer: ReadAnswer): void {
    const target = this.#of(answer.target);
    target.hasAnswered = true;
    target.waiting.delete(answer.sender);
    target.late.push(answer);
  }

  /** Notes that a ping had no answer when its round ended. */
  noteUnanswered(target: Ipv4Address, sender: Ipv4Address): void {
    this.#of(target).waiting.add(sender);
  }

  /** Whether the target has answered any ping of the measurement. */
  hasAnswered(target: Ipv4Address): boolean {
    return this.#targets.get(target)?.hasAnswered ?? false;
  }

  /** How many senders had no answer when their round ended, and have none yet. */
  sendersWaitingFor(target: Ipv4Address): number {
    return this.#targets.get(target)?.waiting.size ?? 0;
  }

  /** The late answers of a target so far. */
  lateAnswersOf(target: Ipv4Address): readonly ReadAnswer[] {
    return this.#targets.get(target)?.late ?? [];
  }

  #of(target: Ipv4Address): OneTarget {
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    const added = { waiting: new Set<Ipv4Address>(), late: [], hasAnswered: false };
    this.#targets.set(target, added);
    return added;
  }
}
