import type { AliasSighting } from '@revtr/engine';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { StoredAliasEvidence } from '@revtr/storage';
import { z } from 'zod';

/** What suggests that two addresses belong to one router. */
export const aliasKindSchema = z.enum(['linkEnd', 'doubleStamp']);

const evidenceSchema = z
  .object({
    first: z.ipv4().transform(parseIpv4),
    second: z.ipv4().transform(parseIpv4),
    kind: aliasKindSchema,
    lastSeen: z.date().transform((lastSeen) => lastSeen.getTime()),
    count: z.int(),
  })
  .transform(({ first, second, ...row }): AliasSighting => ({ ...row, addresses: [first, second] }));

/** Reads stored alias evidence. Damaged rows are left out. */
export function readEvidence(rows: readonly StoredAliasEvidence[]): AliasSighting[] {
  return rows.flatMap((row) => evidenceSchema.safeParse(row).data ?? []);
}

/** Alias evidence in the form in which it is stored. */
export function toStoredEvidence({ addresses, kind, lastSeen, count }: AliasSighting): StoredAliasEvidence {
  return {
    first: formatIpv4(addresses[0]),
    second: formatIpv4(addresses[1]),
    kind,
    lastSeen: new Date(lastSeen),
    count,
  };
}
