import type { Ipv4Address } from '@revtr/net';
import type { Hop } from '../../path/hop.ts';
import type { RecordRouteReading } from '../../record-route/read-answer.ts';

/** The answer to a Record Route ping, with the reverse hops that it shows. */
export interface ReadAnswer {
  readonly target: Ipv4Address;
  readonly sender: Ipv4Address;
  /** Number of links from the target to the source, by the TTL of the answer; `undefined` when the TTL is not known. */
  readonly distance: number | undefined;
  readonly hops: readonly Hop[];
  readonly reading: RecordRouteReading;
}

const NONE: readonly never[] = [];

/** Its lists are replaced, not extended: an array that grows has room for 16 more. */
interface OneTarget {
  /** Senders whose round ended without an answer, which may still come. */
  waiting: readonly Ipv4Address[];
  answers: readonly ReadAnswer[];
  late: readonly ReadAnswer[];
  /** Called with the next late answer that shows a hop. */
  waiters: readonly (() => void)[];
  /** Until when an answer is worth waiting for although its round was over at once, milliseconds since the Unix epoch. */
  expectedUntil: number;
}

/** What the targets of one measurement have answered to Record Route pings, during their rounds and later. */
export class TargetAnswers {
  readonly #targets = new Map<Ipv4Address, OneTarget>();

  /** Notes that the pings of a round are not waited for, although answers may come until `untilMs` (milliseconds since the Unix epoch). */
  expect(target: Ipv4Address, untilMs: number): void {
    const known = this.#of(target);
    known.expectedUntil = Math.max(untilMs, known.expectedUntil);
  }

  /** Until when an answer may come that nobody waited for, milliseconds since the Unix epoch; 0 when none is expected. */
  expectedUntil(target: Ipv4Address): number {
    return this.#targets.get(target)?.expectedUntil ?? 0;
  }

  /** Notes that a target answered in time. */
  noteAnswer(answer: ReadAnswer): void {
    const target = this.#of(answer.target);
    target.answers = target.answers.concat(answer);
  }

  /** Notes an answer that came after the end of its round. */
  noteLateAnswer(answer: ReadAnswer): void {
    this.noteAnswer(answer);
    const target = this.#of(answer.target);
    target.waiting = target.waiting.filter((sender) => sender !== answer.sender);
    target.late = target.late.concat(answer);
    if (answer.hops.length === 0) return;
    const { waiters } = target;
    target.waiters = NONE;
    for (const wake of waiters) wake();
  }

  /** Notes that a ping had no answer when its round ended. */
  noteUnanswered(target: Ipv4Address, sender: Ipv4Address): void {
    const known = this.#of(target);
    if (!known.waiting.includes(sender)) known.waiting = known.waiting.concat(sender);
  }

  /** Whether the target has answered any ping of the measurement. */
  hasAnswered(target: Ipv4Address): boolean {
    return this.answersOf(target).length > 0;
  }

  /** Calls a listener once, when a late answer of the target shows a hop. */
  onNextUsefulAnswer(target: Ipv4Address, listener: () => void): void {
    const known = this.#of(target);
    known.waiters = known.waiters.concat(listener);
  }

  /** Resolves when a late answer of the target shows a hop. */
  nextUsefulAnswer(target: Ipv4Address): Promise<void> {
    return new Promise((resolve) => this.onNextUsefulAnswer(target, resolve));
  }

  /** How many senders had no answer when their round ended, and have none yet. */
  sendersWaitingFor(target: Ipv4Address): number {
    return this.#targets.get(target)?.waiting.length ?? 0;
  }

  /** As {@link sendersWaitingFor}, of a target that has answered nobody; otherwise 0. */
  silentSendersOf(target: Ipv4Address): number {
    return this.hasAnswered(target) ? 0 : this.sendersWaitingFor(target);
  }

  /** The answers of a target so far, late ones included. */
  answersOf(target: Ipv4Address): readonly ReadAnswer[] {
    return this.#targets.get(target)?.answers ?? [];
  }

  /** Number of links from a target to the source, by the TTL of its latest answer; `undefined` when it has not answered. */
  distanceOf(target: Ipv4Address): number | undefined {
    return this.answersOf(target).at(-1)?.distance;
  }

  /** The late answers of a target so far. */
  lateAnswersOf(target: Ipv4Address): readonly ReadAnswer[] {
    return this.#targets.get(target)?.late ?? [];
  }

  #of(target: Ipv4Address): OneTarget {
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    const added = { waiting: NONE, late: NONE, waiters: NONE, answers: NONE, expectedUntil: 0 };
    this.#targets.set(target, added);
    return added;
  }
}
