/** A token bucket for each router; one second of credit. */
export class RateLimits {
  readonly #perSecond: Float64Array;
  readonly #tokens: Float64Array;
  readonly #filledAt: Float64Array;

  /** `perSecond`: the rate of each router. */
  constructor(perSecond: Float64Array) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond.slice();
    this.#filledAt = new Float64Array(perSecond.length);
  }

  /** Takes a token of `router` at `nowMs`; false when there is none. Time that runs backwards fills nothing. */
  take(router: number, nowMs: number): boolean {
    const elapsed = nowMs - this.#filledAt[router];
    if (elapsed > 0) {
      const perSecond = this.#perSecond[router];
      this.#tokens[router] = Math.min(perSecond, this.#tokens[router] + elapsed * (perSecond / 1000));
      this.#filledAt[router] = nowMs;
    }
    if (this.#tokens[router] < 1) return false;
    this.#tokens[router]--;
    return true;
  }
}
