import { z } from 'zod';
import { longList } from '../../foundation/long-list.ts';
import type { ArchiveRow } from '../schema/archive-fields.ts';

const MOST_HOPS = 1_000;
/** BigQuery exports 64-bit integers as text. */
const integer = z
  .union([z.int(), z.string().regex(/^-?\d{1,19}$/)])
  .transform(Number)
  .pipe(z.int());
const text = (most: number) =>
  z
    .string()
    .max(most)
    .nullish()
    .transform((value) => value ?? '');
const count = integer.nullish().transform((value) => value ?? 0);

/**
 * A row of an archive of reverse traceroutes as others have written it, the one of M-Lab among them. Fields that rows of M-Lab have
 * beside the documented ones, such as positions, are left out.
 */
const rowSchema = z.object({
  id: integer,
  stop_reason: z.string().max(100),
  fail_reason: text(10_000),
  src: z.ipv4(),
  dst: z.ipv4(),
  runtime: count,
  date: integer,
  label: text(10_000),
  revtr_hops: longList(
    z.object({
      hop_number: integer,
      hop_ip: z.ipv4(),
      hop_type: integer,
      measurement_id: count,
      rtt: count,
      rtt_measurement_id: count,
      cidr: z
        .string()
        .max(100)
        .nullish()
        .transform((value) => value ?? null),
      asn: integer.nullish().transform((value) => value ?? null),
    }),
    { most: MOST_HOPS },
  )
    .nullish()
    .transform((hops) => hops ?? []),
}) satisfies z.ZodType<ArchiveRow>;

/** In tables of M-Lab with raw data, the row is the value of `raw`. */
const wrappedSchema = z.object({ raw: rowSchema }).transform(({ raw }) => raw);

/** Reads a row of an archive; `undefined` if it is none. */
export const readImportedRow = (json: unknown): ArchiveRow | undefined =>
  z.union([rowSchema, wrappedSchema]).safeParse(json).data;
