import { z } from 'zod';
import { RipeAtlasError, type RipeAtlasErrorCode } from '../errors.ts';

const faultSchema = z.object({
  detail: z.string().default(''),
  title: z.string().default(''),
  errors: z
    .array(
      z.object({
        source: z.object({ pointer: z.string().optional(), parameter: z.string().optional() }).optional(),
        detail: z.string().default(''),
      }),
    )
    .default([]),
});
/** Error bodies come nested under `error`, and bare. */
const bodySchema = z.union([z.object({ error: faultSchema }), faultSchema]);

/** The error that an answer with an error status is. */
export function errorOf(status: number, body: unknown): RipeAtlasError {
  const parsed = bodySchema.safeParse(body);
  const fault = !parsed.success ? undefined : 'error' in parsed.data ? parsed.data.error : parsed.data;
  const details = (fault?.errors ?? []).map(({ source, detail }) => ({
    at: source?.pointer ?? source?.parameter ?? '',
    message: detail,
  }));
  const texts = [fault?.title, fault?.detail, ...details.map(({ message }) => message)].filter((text) => text);
  const message = `RIPE Atlas answered ${status}${texts.length > 0 ? `: ${texts.join(' ')}` : ''}`;
  return new RipeAtlasError(codeOf(status, texts.join(' ')), message, { status, details });
}

/** Quotas come with status 400 or 403 and are told by their text alone. */
function codeOf(status: number, text: string): RipeAtlasErrorCode {
  if (status === 429) return 'rateLimited';
  if (status >= 500) return 'serverFailed';
  if (status === 404) return 'notFound';
  if (/credit/i.test(text)) return 'insufficientCredits';
  if (/concurrent|too many|quota|at the same time/i.test(text)) return 'quota';
  return status === 401 || status === 403 ? 'forbidden' : 'badRequest';
}
