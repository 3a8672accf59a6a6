import { z } from 'zod';
import { LONGEST_ADDRESS } from '../../foundation/address-schema.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { longList } from '../../foundation/long-list.ts';
import { LONGEST_NAME } from '../../measurements/resolve-names.ts';
import { LONGEST_LABEL, MOST_COUNT } from '../../probes/probe-request.ts';
import type { AskedProbe } from '../../probes/probe-submission.ts';

/** RIPE Atlas probes are asked through RIPE Atlas itself; the fields are accepted while they ask for nothing. */
const ripeFields = {
  is_ripe: z.literal(false).optional(),
  ripe_api_key: z.string().max(200).optional(),
  ripe_query_url: z.string().max(2_000).optional(),
  ripe_query_body: z.string().max(20_000).optional(),
};
const pairFields = { src: z.string().max(LONGEST_ADDRESS), dst: z.string().max(LONGEST_NAME) };

/** The body of `POST /api/v1/ping`, `rr` and `ts`, in snake case as in the original, which ignores unknown fields. */
export const pingRequestSchema = z.object({
  pings: longList(
    z.object({
      ...pairFields,
      ...ripeFields,
      timestamp: z
        .string()
        .max(100)
        .optional()
        .describe('Option of scamper: `tsprespec=A,B,…`, `tsonly` or `tsandaddr`; required for `ts`'),
      count: z.int().min(0).max(MOST_COUNT).optional(),
      timeout: z.int().min(0).optional().describe('Accepted and ignored: a reply is awaited for 5 s'),
      is_record_route: z.boolean().optional(),
      is_check_cache: z.boolean().optional().describe('Accepted and ignored: raw probes are always sent'),
      is_save_db: z.boolean().optional().describe('Accepted and ignored: raw probes are always stored'),
      label: z.string().max(LONGEST_LABEL).optional(),
    }),
  ),
  priority: z.int().optional(),
});

/** The body of `POST /api/v1/traceroute`. */
export const tracerouteRequestSchema = z.object({
  traceroutes: longList(
    z.object({ ...pairFields, ...ripeFields, attempts: z.int().min(0).max(MOST_COUNT).optional() }),
  ),
  priority: z.int().optional(),
});

/** Attempts of a traceroute that names none, as in the original. */
const DEFAULT_ATTEMPTS = 2;

/** The probes of a request for pings. @throws {ControllerError} `badRequest` */
export function toPings(
  { pings }: z.infer<typeof pingRequestSchema>,
  asked: 'ping' | 'recordRoute' | 'timestamp',
): AskedProbe[] {
  return pings.map(({ src, dst, count = 0, timestamp, is_record_route = false, label = '' }, i): AskedProbe => {
    const type = asked === 'ping' && is_record_route ? 'recordRoute' : asked;
    if (asked === 'ping' && count === 0) throw badProbe(`pings[${i}].count`, `must be 1 to ${MOST_COUNT}`);
    const timestamps = type === 'timestamp' ? readTimestamp(timestamp, i) : undefined;
    return {
      ...{ type, label, from: src, to: dst, count: type === 'ping' ? count : 1 },
      ...(timestamps !== undefined && { timestamps }),
    };
  });
}

/** The probes of a request for traceroutes. */
export function toTraceroutes({ traceroutes }: z.infer<typeof tracerouteRequestSchema>): AskedProbe[] {
  return traceroutes.map(({ src, dst, attempts = 0 }) => ({
    ...{ type: 'traceroute', label: '', from: src, to: dst },
    count: attempts === 0 ? DEFAULT_ATTEMPTS : attempts,
  }));
}

const addressesSchema = z.array(z.ipv4()).min(1).max(4);

function readTimestamp(option: string | undefined, i: number): AskedProbe['timestamps'] {
  if (option === 'tsonly') return 'timestampOnly';
  if (option === 'tsandaddr') return 'withAddress';
  const [, list] = /^tsprespec=(.*)$/.exec(option ?? '') ?? [];
  const addresses = addressesSchema.safeParse(list?.split(','));
  if (addresses.success) return addresses.data;
  throw badProbe(`pings[${i}].timestamp`, 'must be tsonly, tsandaddr, or tsprespec= with one to four addresses');
}

function badProbe(at: string, message: string): ControllerError {
  const places = [{ at, code: 'invalid', message }];
  return new ControllerError('badRequest', 'the request does not have the expected form', { places });
}
