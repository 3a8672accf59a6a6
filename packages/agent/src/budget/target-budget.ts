import { formatIpv4, formatPrefix, type Ipv4Address, prefixOf } from '@revtr/net';
import { KeyBudget, type Rate } from './key-budget.ts';

/** Limits for all packets to a target, and lower ones for those that carry IP options. */
export interface Rates {
  readonly all: Rate;
  readonly options: Rate;
}

/** Limits for each destination address and for each /24. */
export interface TargetBudgetOptions {
  readonly address: Rates;
  readonly prefix: Rates;
}

/** Why a packet must not be sent now. */
export interface BudgetRefusal {
  readonly message: string;
  /** Milliseconds from now. */
  readonly retryAfterMs: number;
}

/** Prefixes of this length share a budget. */
const PREFIX_LENGTH = 24;

/**
 * What one agent sends to a destination at most, independently of the controller, which sees all agents and has lower limits
 * for them together. The memory is fixed: 16 MiB. Counts start again with the agent.
 */
export class TargetBudget {
  readonly #limits: readonly {
    readonly name: string;
    readonly length: number;
    readonly onlyOptions: boolean;
    readonly budget: KeyBudget;
  }[];
  readonly #now: () => number;
  readonly #startedAt: number;

  /** `now`: milliseconds of a steady clock. `random`: uniform in [0, 1). */
  constructor(
    { address, prefix }: TargetBudgetOptions,
    collaborators: { readonly now: () => number; readonly random: () => number },
  ) {
    this.#now = collaborators.now;
    this.#startedAt = this.#now();
    const limit = (name: string, length: number, onlyOptions: boolean, rate: Rate) => ({
      name: `${rate.perSecond} ${name} per second, ${rate.perDay} per day`,
      length,
      onlyOptions,
      budget: new KeyBudget(rate, collaborators),
    });
    this.#limits = [
      limit('packets', 32, false, address.all),
      limit('packets with IP options', 32, true, address.options),
      limit('packets', PREFIX_LENGTH, false, prefix.all),
      limit('packets with IP options', PREFIX_LENGTH, true, prefix.options),
    ];
  }

  /** Counts a packet that is about to leave; a refused one is not counted. */
  take(target: Ipv4Address, hasOptions: boolean): BudgetRefusal | undefined {
    const now = this.#now() - this.#startedAt;
    const limits = this.#limits.filter(({ onlyOptions }) => hasOptions || !onlyOptions);
    for (const { name, length, budget } of limits) {
      const retryAfterMs = budget.nextAt(prefixOf(target, length).address, now) - now;
      if (retryAfterMs <= 0) continue;
      const what = length === 32 ? formatIpv4(target) : formatPrefix(prefixOf(target, length));
      const message = `${what} has received its budget (${name}): retry in ${Math.ceil(retryAfterMs / 1_000)} s`;
      return { message, retryAfterMs };
    }
    for (const { length, budget } of limits) budget.count(prefixOf(target, length).address, now);
    return undefined;
  }

  /** Counts further packets without IP options that have left, those of a traceroute, towards the day. */
  add(target: Ipv4Address, packets: number): void {
    const now = this.#now() - this.#startedAt;
    for (const { length, onlyOptions, budget } of this.#limits)
      if (!onlyOptions) budget.countToday(prefixOf(target, length).address, now, packets);
  }
}
