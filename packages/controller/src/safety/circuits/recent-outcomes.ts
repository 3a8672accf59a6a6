/** Probes that are remembered, of all networks. */
const CAPACITY = 512;
/** Probes to other networks that are looked at, and those without which nothing is known. */
const MOST_OTHERS = 20;
const LEAST_OTHERS = 10;

/** The outcomes of the last probes of all networks, to tell an outage of a network from one of the vantage points. */
export class RecentOutcomes {
  readonly #networks = new Float64Array(CAPACITY);
  readonly #times = new Float64Array(CAPACITY);
  /** Bit 0: with an IP option; bit 1: silent. */
  readonly #flags = new Uint8Array(CAPACITY);
  #next = 0;

  /** @param network a number that is not 0 */
  add(network: number, isOption: boolean, isSilent: boolean, now: number): void {
    const i = this.#next % CAPACITY;
    this.#next++;
    this.#networks[i] = network;
    this.#times[i] = now;
    this.#flags[i] = (isOption ? 1 : 0) | (isSilent ? 2 : 0);
  }

  /** Share of silences among the last probes to other networks since `since`; `undefined` when there were too few. */
  silenceOfOthers(network: number, isOption: boolean, since: number): number | undefined {
    let probes = 0;
    let silences = 0;
    const oldest = Math.max(0, this.#next - CAPACITY);
    for (let n = this.#next - 1; n >= oldest && probes < MOST_OTHERS; n--) {
      const i = n % CAPACITY;
      if (this.#times[i] < since) break;
      if (this.#networks[i] === network || (this.#flags[i] & 1) !== (isOption ? 1 : 0)) continue;
      probes++;
      if ((this.#flags[i] & 2) !== 0) silences++;
    }
    return probes < LEAST_OTHERS ? undefined : silences / probes;
  }
}
