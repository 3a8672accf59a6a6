import type { Atlas, AtlasTraceroute, TailStamps } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { StoredAtlas, StoredPath, StoredTail } from '@revtr/storage';
import { z } from 'zod';

const addressSchema = z.ipv4().transform(parseIpv4);
const pathSchema = z.object({
  id: z.int(),
  platform: z.enum(['vantagePoint', 'ripeAtlas', 'publicTraceroute', 'reverseTraceroute']),
  probe: z
    .int()
    .nullable()
    .transform((probe) => probe ?? undefined),
  origin: addressSchema,
  measuredAt: z.date(),
  hops: z.array(addressSchema.nullable().transform((hop) => hop ?? undefined)),
});
const tailSchema = z.object({
  target: addressSchema,
  sender: addressSchema,
  measuredAt: z.date(),
  stamps: z.array(addressSchema),
});

/** A path of the atlas as it is stored. */
export function toStoredPath({ id, platform, probe, origin, at, hops }: AtlasTraceroute): StoredPath {
  return {
    id,
    platform,
    probe: probe ?? null,
    origin: formatIpv4(origin),
    measuredAt: new Date(at),
    hops: hops.map((hop) => (hop === undefined ? null : formatIpv4(hop))),
  };
}

/** What a ping to a hop has shown, as it is stored. */
export function toStoredTail({ target, sender, at, stamps }: TailStamps): StoredTail {
  return {
    target: formatIpv4(target),
    sender: formatIpv4(sender),
    measuredAt: new Date(at),
    stamps: stamps.map(formatIpv4),
  };
}

/** Puts the stored atlas of a source into memory. Returns how many damaged rows were left out. */
export function restoreAtlas(atlas: Atlas, source: Ipv4Address, stored: StoredAtlas): number {
  let damaged = 0;
  const readable = <T>(rows: readonly unknown[], schema: z.ZodType<T>): T[] =>
    rows.flatMap((row) => {
      const parsed = schema.safeParse(row);
      if (!parsed.success) damaged++;
      return parsed.success ? [parsed.data] : [];
    });
  const paths = readable(stored.paths, pathSchema).map(
    ({ measuredAt, probe, ...path }): AtlasTraceroute => ({
      ...path,
      source,
      at: measuredAt.getTime(),
      ...(probe !== undefined && { probe }),
    }),
  );
  const tails = readable(stored.tails, tailSchema).map(({ measuredAt, ...tail }) => ({
    ...tail,
    at: measuredAt.getTime(),
  }));
  atlas.restore(source, paths, tails);
  return damaged;
}
