import { z } from 'zod';

/** A number in a path or a query. */
export const numberInUrl = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a number')
  .transform(Number);

/** For the OpenAPI document: the route needs an API key, in either of the two headers, or the session of a browser. */
export const security: Record<string, string[]>[] = [{ revtrKey: [] }, { bearer: [] }, { session: [] }];

/** The user's own RIPE Atlas key: used for one run, never kept or shown. */
export const ripeKeySchema = z.string().trim().min(1).max(200).optional().describe('Your RIPE Atlas key');

/** Line breaks, escapes and other control characters, and characters that change the direction of the text after them. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Text of one line that other people read, such as a name. Spaces around it are removed. `most`: characters. */
export const lineOf = (most: number, least = 1) =>
  z
    .string()
    .trim()
    .min(least)
    .max(most)
    .refine((text) => !INVISIBLE.test(text), 'must not contain line breaks or other control characters');
