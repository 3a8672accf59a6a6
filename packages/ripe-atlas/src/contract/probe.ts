import { z } from 'zod';

const tagSchema = z.union([z.string(), z.object({ slug: z.string() }).transform(({ slug }) => slug)]);

/** A probe or anchor in an answer of the API or in the probe archive. Probes that are not public have no address. */
export const probeSchema = z
  .object({
    id: z.int(),
    address_v4: z.ipv4().nullable().default(null),
    asn_v4: z.int().nullable().default(null),
    prefix_v4: z.string().nullable().default(null),
    country_code: z.string().nullable().default(null),
    geometry: z
      .object({ coordinates: z.tuple([z.number(), z.number()]) })
      .nullable()
      .default(null),
    /** The archive has these instead of `geometry`. */
    latitude: z.number().nullish(),
    longitude: z.number().nullish(),
    is_anchor: z.boolean().default(false),
    is_public: z.boolean().default(true),
    status: z.union([z.int(), z.object({ id: z.int() }).transform(({ id }) => id)]),
    tags: z.array(tagSchema).default([]),
  })
  .transform((raw) => ({
    id: raw.id,
    address: raw.address_v4,
    asn: raw.asn_v4,
    prefix: raw.prefix_v4,
    country: raw.country_code,
    /** Degrees. RIPE Atlas obfuscates places by up to 1 km. */
    place: placeOf(raw),
    isAnchor: raw.is_anchor,
    isConnected: raw.status === 1,
    tags: raw.tags,
  }));
/** A RIPE Atlas probe as the API and the probe archive describe it. */
export type RipeProbe = z.infer<typeof probeSchema>;

interface RawPlace {
  readonly geometry: { readonly coordinates: readonly [number, number] } | null;
  readonly latitude?: number | null | undefined;
  readonly longitude?: number | null | undefined;
}

function placeOf({
  geometry,
  latitude,
  longitude,
}: RawPlace): { readonly latitude: number; readonly longitude: number } | null {
  if (geometry !== null) return { latitude: geometry.coordinates[1], longitude: geometry.coordinates[0] };
  return typeof latitude === 'number' && typeof longitude === 'number' ? { latitude, longitude } : null;
}
