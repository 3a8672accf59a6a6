import { formatIpv4 } from '@revtr/net';
import type { Measurement } from './techniques/contract/measurement.ts';
import type { ReadAnswer } from './techniques/contract/target-answers.ts';
import type { Extended } from './techniques/contract/technique.ts';
import { bestAnswer } from './techniques/record-route/best-answer.ts';

/**
 * Answers that come after the path has gone on: where the next hop was only assumed, the hops that a late answer shows take its place, and all
 * that was found behind it is dropped.
 */
export class LateAnswers {
  readonly #measurement: Measurement;
  readonly #used: ReadAnswer[] = [];

  constructor(measurement: Measurement) {
    this.#measurement = measurement;
  }

  /** The hops of a late answer that replace assumed ones; `undefined` when there are none by now. */
  replacement(): Extended | undefined {
    const { path, targetAnswers } = this.#measurement;
    for (const from of this.#positionsBeforeAssumptions()) {
      const { address } = path.hops[from];
      const best = bestAnswer(targetAnswers.lateAnswersOf(address).filter((answer) => !this.#used.includes(answer)));
      if (best === undefined) continue;
      this.#used.push(best);
      const detail = `${best.hops.length} hops of a late answer of ${formatIpv4(address)}`;
      return { outcome: 'extended', from, hops: best.hops, replacesRest: true, detail };
    }
    return undefined;
  }

  /** As {@link replacement}, after waiting for the answers that are expected. */
  async awaitReplacement(): Promise<Extended | undefined> {
    const { path, targetAnswers, clock, signal } = this.#measurement;
    for (;;) {
      const found = this.replacement();
      if (found !== undefined) return found;
      const now = clock.now();
      const targets = this.#positionsBeforeAssumptions().map((position) => path.hops[position].address);
      const expected = targets.filter((target) => targetAnswers.expectedUntil(target) > now);
      if (expected.length === 0 || signal?.aborted) return undefined;
      const untilMs = Math.max(...expected.map((target) => targetAnswers.expectedUntil(target)));
      const answers = expected.map((target) => targetAnswers.nextUsefulAnswer(target));
      // When the measurement is cancelled, the sleep fails, and the check of the signal above ends the wait.
      const over = clock.sleep(untilMs - now, signal).catch(() => undefined);
      await Promise.race([over, ...answers]);
    }
  }

  #positionsBeforeAssumptions(): number[] {
    const { hops } = this.#measurement.path;
    return hops.flatMap((_, i) => (hops[i + 1]?.trust === 'assumed' ? [i] : []));
  }
}
