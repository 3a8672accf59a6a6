import type { Atlas } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { StoredAtlas } from '@revtr/storage';
import { z } from 'zod';

const addressSchema = z.ipv4().transform(parseIpv4);
const hopsSchema = z.array(addressSchema.nullable().transform((hop) => hop ?? undefined));
const stampsSchema = z.array(addressSchema);

/** The atlas of a source as it is stored. */
export function toStoredAtlas(atlas: Atlas, source: Ipv4Address): StoredAtlas {
  return {
    traceroutes: atlas.traceroutesTo(source).map(({ id, origin, at, hops }) => ({
      id,
      origin: formatIpv4(origin),
      measuredAt: new Date(at),
      hops: hops.map((hop) => (hop === undefined ? null : formatIpv4(hop))),
    })),
    tails: atlas.tailsTo(source).map(({ target, stamps }) => ({
      target: formatIpv4(target),
      stamps: stamps.map(formatIpv4),
    })),
  };
}

/** Puts a stored atlas of a source into memory. @throws {z.ZodError} when it is damaged */
export function restoreAtlas(atlas: Atlas, source: Ipv4Address, { traceroutes, tails }: StoredAtlas): void {
  for (const { id, origin, measuredAt, hops } of traceroutes)
    atlas.add({ id, origin: parseIpv4(origin), source, at: measuredAt.getTime(), hops: hopsSchema.parse(hops) });
  atlas.addTails(
    source,
    tails.map(({ target, stamps }) => ({ target: parseIpv4(target), stamps: stampsSchema.parse(stamps) })),
  );
}
