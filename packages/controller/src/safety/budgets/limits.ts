import { BUDGET_KINDS, type BudgetKind } from '@revtr/probing';
import { z } from 'zod';

/** The largest limit. Counters are 32 bits wide. */
const MOST_PACKETS = 4_000_000_000;

const packets = (byDefault: number) => z.int().min(1).max(MOST_PACKETS).default(byDefault);

const limitsOf = (defaults: Limits) =>
  z
    .strictObject({
      packetsPerSecond: packets(defaults.packetsPerSecond),
      packetsPerDay: packets(defaults.packetsPerDay),
      optionPacketsPerSecond: packets(defaults.optionPacketsPerSecond),
      optionPacketsPerDay: packets(defaults.optionPacketsPerDay),
    })
    .refine(
      (limits) =>
        limits.optionPacketsPerSecond <= limits.packetsPerSecond && limits.optionPacketsPerDay <= limits.packetsPerDay,
      'packets with IP options are packets: their limits must not exceed those of all packets',
    )
    .prefault({});

/** Limits of one subject, for instance of each destination address. */
export interface Limits {
  /** Packets of all kinds. */
  readonly packetsPerSecond: number;
  /** Packets of all kinds in a day, from midnight to midnight UTC. */
  readonly packetsPerDay: number;
  /** Packets with IP options. Each counts as a packet as well. */
  readonly optionPacketsPerSecond: number;
  readonly optionPacketsPerDay: number;
}

/** What each kind of subject may receive or send, and how long probes wait for a budget per second. */
export interface BudgetSettings extends Readonly<Record<BudgetKind, Limits>> {
  /** A probe that would have to wait longer is refused. */
  readonly longestWaitSeconds: number;
}

/** The defaults. docs/budgets.md says what each one rests on. */
const DEFAULTS: Readonly<Record<BudgetKind, Limits>> = {
  destination: {
    packetsPerSecond: 10,
    packetsPerDay: 1_000,
    optionPacketsPerSecond: 5,
    optionPacketsPerDay: 300,
  },
  slash24: {
    packetsPerSecond: 20,
    packetsPerDay: 2_000,
    optionPacketsPerSecond: 10,
    optionPacketsPerDay: 1_000,
  },
  prefix: {
    packetsPerSecond: 50,
    packetsPerDay: 50_000,
    optionPacketsPerSecond: 10,
    optionPacketsPerDay: 20_000,
  },
  as: {
    packetsPerSecond: 100,
    packetsPerDay: 1_000_000,
    optionPacketsPerSecond: 20,
    optionPacketsPerDay: 400_000,
  },
  vantagePoint: {
    packetsPerSecond: 100,
    packetsPerDay: 4_000_000,
    optionPacketsPerSecond: 20,
    optionPacketsPerDay: 1_000_000,
  },
  source: {
    packetsPerSecond: 200,
    packetsPerDay: 4_000_000,
    optionPacketsPerSecond: 100,
    optionPacketsPerDay: 1_000_000,
  },
  user: {
    packetsPerSecond: 500,
    packetsPerDay: 1_000_000,
    optionPacketsPerSecond: 200,
    optionPacketsPerDay: 300_000,
  },
};

/** The file that `REVTR_BUDGETS` names. What it leaves out has its default. */
export const budgetSettingsSchema = z.strictObject({
  longestWaitSeconds: z.number().min(0).max(600).default(30),
  destination: limitsOf(DEFAULTS.destination),
  slash24: limitsOf(DEFAULTS.slash24),
  prefix: limitsOf(DEFAULTS.prefix),
  as: limitsOf(DEFAULTS.as),
  vantagePoint: limitsOf(DEFAULTS.vantagePoint),
  source: limitsOf(DEFAULTS.source),
  user: limitsOf(DEFAULTS.user),
});

/** The same limits for every kind of subject, for simulated networks, where nobody is harmed. */
export function uniformBudgets(limits: Limits): BudgetSettings {
  const kinds = Object.fromEntries(BUDGET_KINDS.map((kind) => [kind, limits]));
  return budgetSettingsSchema.parse(kinds);
}
