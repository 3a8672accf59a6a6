import { z } from 'zod';
import { DATASET_KINDS } from '../formats/kinds.ts';

const urlSchema = z.url({ protocol: /^https?$/ });
const sourceSchema = z.strictObject({
  /** URL of the file. It may contain a user name, password or token: {@link redactedOrigin} hides them. */
  url: urlSchema,
  /** URL of a text whose first word is the SHA-256 of the file, hexadecimal. */
  sha256Url: urlSchema.optional(),
  /** Age in hours at which the dataset is downloaded again. Default 24. */
  everyHours: z.number().positive().default(24),
});
/** The URL from which each dataset is downloaded, and how often. */
export const datasetSourcesSchema = z.partialRecord(z.enum(DATASET_KINDS), sourceSchema);
/** See {@link datasetSourcesSchema}. */
export type DatasetSources = z.infer<typeof datasetSourcesSchema>;

/**
 * The part of a URL that may be shown: scheme, host and port. User name, password, path and query can contain secrets. Text that
 * is not a URL is returned unchanged.
 */
export function redactedOrigin(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  return url.host === '' ? url.protocol : `${url.protocol}//${url.host}`;
}
