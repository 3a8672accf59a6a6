import { z } from 'zod';

/** Variable of the environment that holds the settings of a campaign. */
export const CAMPAIGN_SETTINGS = 'REVTR_CAMPAIGN';

/** What the clients of a run are told. */
export const campaignSettingsSchema = z.object({
  /** URLs of the APIs. */
  apis: z.array(z.url()).min(1),
  /** API keys of the users. */
  keys: z.array(z.string()).min(1),
  /** API key of the operator. */
  operatorKey: z.string(),
  /** Whether the clients only read again what was accepted. */
  readsOnly: z.boolean(),
  /** Directory of the run, whose record has the batches. The history is appended to a file in it. */
  directory: z.string(),
});
export type CampaignSettings = z.infer<typeof campaignSettingsSchema>;
