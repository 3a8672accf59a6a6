import { z } from 'zod';
import { RipeAtlasError, type RipeAtlasErrorCode } from '../errors.ts';

/** Codes of answers with an error status. */
type RefusalCode = Exclude<RipeAtlasErrorCode, 'badAnswer' | 'answerTooLarge' | 'unreachable' | 'cancelled'>;

/** Problems of one answer that are kept. */
const MOST_PROBLEMS = 20;
/** Characters of each text of an answer that are kept. */
const MOST_CHARACTERS = 500;

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
/** The API sends the fields nested under `error` or at the top level. */
const bodySchema = z.union([z.object({ error: faultSchema }), faultSchema]);

/** Converts an answer with an error status; `body` is its parsed JSON, `undefined` when it has none. */
export function errorOf(status: number, body: unknown): RipeAtlasError {
  const parsed = bodySchema.safeParse(body);
  const fault = !parsed.success ? undefined : 'error' in parsed.data ? parsed.data.error : parsed.data;
  const problems = (fault?.errors ?? []).slice(0, MOST_PROBLEMS).map(({ source, detail }) => ({
    at: shorten(source?.pointer ?? source?.parameter ?? ''),
    message: shorten(detail),
  }));
  const texts = [
    shorten(fault?.title ?? ''),
    shorten(fault?.detail ?? ''),
    ...problems.map(({ message }) => message),
  ].filter((text) => text);
  const message = `RIPE Atlas answered ${status}${texts.length > 0 ? `: ${texts.join(' ')}` : ''}`;
  return new RipeAtlasError(codeOf(status, texts.join(' ')), message, { status, problems });
}

/** Exceeded quotas have status 400 or 403 and differ from other refusals by their text only. */
function codeOf(status: number, text: string): RefusalCode {
  if (status === 429) return 'rateLimited';
  if (status >= 500) return 'serverFailed';
  if (status === 404) return 'notFound';
  if (/credit/i.test(text)) return 'insufficientCredits';
  if (/concurrent|too many|quota|at the same time/i.test(text)) return 'quota';
  return status === 401 || status === 403 ? 'forbidden' : 'badRequest';
}

const shorten = (text: string): string => text.slice(0, MOST_CHARACTERS);
