import type { Clock } from '@revtr/probing';
import type { Network } from './network.ts';
import { reverseZones } from './reverse-zone.ts';

/** The DNS queries that are used, as in `node:dns/promises`. They reject when there is no record. */
export interface ReverseNameServer {
  /** TXT records, each as its parts. */
  resolveTxt(name: string): Promise<string[][]>;
  resolvePtr(name: string): Promise<string[]>;
}

/** Longest time of all queries for one network, milliseconds. */
const TIMEOUT_MS = 10_000;
/** Networks that are looked up at once; others are refused. */
const MOST_AT_ONCE = 16;
/** Records of one name that are looked at, and the longest of them, characters. */
const MOST_RECORDS = 50;
const MOST_CHARACTERS = 512;

/** What the TXT record of a reverse zone must say. */
export const txtRecordOf = (token: string): string => `revtr-opt-out=${token}`;
/** What the first label of a PTR record must be. */
export const ptrLabelOf = (token: string): string => `revtr-opt-out-${token}`;

/** Looks for a token in the reverse zones of a network: only the holder of the network can put it there. */
export class ReverseDnsProof {
  readonly #dns: ReverseNameServer;
  readonly #clock: Clock;
  #underWay = 0;

  constructor(collaborators: { readonly dns: ReverseNameServer; readonly clock: Clock }) {
    this.#dns = collaborators.dns;
    this.#clock = collaborators.clock;
  }

  /**
   * Whether the reverse zones carry the token, as a TXT record or as the first label of a PTR record. `false` also when the look-up
   * fails, takes longer than 10 seconds, or 16 others are under way.
   */
  async holds(network: Network, token: string): Promise<boolean> {
    if (this.#underWay >= MOST_AT_ONCE) return false;
    this.#underWay++;
    const over = new AbortController();
    const late = this.#clock.sleep(TIMEOUT_MS, over.signal).then(
      () => false,
      () => false,
    );
    const search = this.#search(network, token, over.signal).catch(() => false);
    try {
      return await Promise.race([search, late]);
    } finally {
      over.abort();
      // A place is free again when the queries have ended, not when their time is over.
      search.finally(() => this.#underWay--);
    }
  }

  async #search(network: Network, token: string, signal: AbortSignal): Promise<boolean> {
    for (const names of reverseZones(network)) {
      let isComplete = true;
      for (const name of names) {
        if (signal.aborted) return false;
        isComplete &&= await this.#hasToken(name, token);
        if (!isComplete) break;
      }
      if (isComplete) return true;
    }
    return false;
  }

  async #hasToken(name: string, token: string): Promise<boolean> {
    const [texts, hosts] = await Promise.all([
      this.#dns.resolveTxt(name).catch(() => []),
      this.#dns.resolvePtr(name).catch(() => []),
    ]);
    return (
      texts
        .slice(0, MOST_RECORDS)
        .some((parts) => parts.join('').slice(0, MOST_CHARACTERS).trim() === txtRecordOf(token)) ||
      hosts
        .slice(0, MOST_RECORDS)
        .some((host) => host.slice(0, MOST_CHARACTERS).toLowerCase().split('.', 1)[0] === ptrLabelOf(token))
    );
  }
}
