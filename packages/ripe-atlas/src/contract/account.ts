import { z } from 'zod';

/** Credits of the account behind a key. */
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
export type Credits = z.infer<typeof creditsSchema>;

/** What a key may do. */
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
export type ApiKey = z.infer<typeof keySchema>;

/**
 * Credits that one result of a one-off traceroute costs: 10 a packet, and a one-off counts twice. With three packets this is
 * the 60 that the API itself names.
 */
export const creditsPerTraceroute = (packets: number): number => 2 * 10 * packets;
