/** A token bucket for each router that limits its ICMP errors; one second of credit. */
export class RateLimits {
  readonly #perMillisecond: number;
  readonly #burst: number;
  readonly #tokens: Float64Array;
  readonly #filledAt: Float64Array;

  constructor(routers: number, perSecond: number) {
    this.#perMillisecond = perSecond / 1000;
    this.#burst = perSecond;
    this.#tokens = new Float64Array(routers).fill(perSecond);
    this.#filledAt = new Float64Array(routers);
  }

  /** Takes a token of `router` at `nowMs`; false when there is none. Time that runs backwards fills nothing. */
  take(router: number, nowMs: number): boolean {
    const elapsed = nowMs - this.#filledAt[router];
    if (elapsed > 0) {
      this.#tokens[router] = Math.min(this.#burst, this.#tokens[router] + elapsed * this.#perMillisecond);
      this.#filledAt[router] = nowMs;
    }
    if (this.#tokens[router] < 1) return false;
    this.#tokens[router]--;
    return true;
  }
}
