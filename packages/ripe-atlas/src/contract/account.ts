import { z } from 'zod';

/** The answer of `GET credits/`: the credits of the key's account. */
export const creditsSchema = z
  .object({
    current_balance: z.number(),
    estimated_daily_income: z.number().nullable().default(null),
    estimated_daily_expenditure: z.number().nullable().default(null),
  })
  .transform((raw) => ({
    balance: raw.current_balance,
    dailyIncome: raw.estimated_daily_income,
    dailyExpenditure: raw.estimated_daily_expenditure,
  }));
/** Credits of an account: balance, and estimated income and expenditure a day. */
export type Credits = z.infer<typeof creditsSchema>;

/** The answer of `GET keys/{uuid}/`. */
export const keySchema = z
  .object({
    uuid: z.string(),
    label: z.string().nullable().default(null),
    enabled: z.boolean().default(true),
    is_active: z.boolean().default(true),
    valid_to: z.string().nullable().default(null),
    grants: z.array(z.object({ permission: z.string() })).default([]),
  })
  .transform((raw) => ({
    label: raw.label,
    isUsable: raw.enabled && raw.is_active,
    permissions: raw.grants.map(({ permission }) => permission),
  }));
/** An API key: its label, whether it can be used, and its permissions. */
export type ApiKey = z.infer<typeof keySchema>;

/**
 * Returns the credits for one result of a one-off traceroute with `packets` packets a hop: 10 a packet, doubled for a one-off. For
 * three packets, this is the 60 that the API reports in `credits_per_result`; for other numbers it is an estimate.
 */
export const creditsPerTraceroute = (packets: number): number => 2 * 10 * packets;
