import { z } from 'zod';

const MOST_ASN = 0xffffffff;

/** Parses an AS number: decimal digits, 0 to 4294967295 (RFC 6793). `undefined` for any other text. */
export function parseAsn(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const asn = Number(text);
  return asn <= MOST_ASN ? asn : undefined;
}

/** An AS number in JSON, as a number or as decimal digits. */
export const asnSchema = z.union([
  z.int().min(0).max(MOST_ASN),
  z
    .string()
    .refine((text) => parseAsn(text) !== undefined, 'expected an AS number')
    .transform(Number),
]);
