import { z } from 'zod';

/** Variable of the environment that holds the settings of a campaign. */
export const CAMPAIGN_SETTINGS = 'REVTR_CAMPAIGN';

const pairSchema = z.object({ src: z.string(), dst: z.string() });

/** What the clients of a run are told. */
export const campaignSettingsSchema = z.object({
  seed: z.int(),
  /** URLs of the APIs. */
  apis: z.array(z.url()).min(1),
  /** API keys of the users. */
  keys: z.array(z.string()).min(1),
  /** Whether the clients only read again what was accepted. */
  readsOnly: z.boolean(),
  pairs: z.array(pairSchema),
  /** Time over which the pairs are submitted, milliseconds. */
  submitForMs: z.number(),
  /** File to which the history is appended. */
  historyFile: z.string(),
});
export type CampaignSettings = z.infer<typeof campaignSettingsSchema>;
