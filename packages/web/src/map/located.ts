import type { Hop, MeasurementResult } from '@revtr/client';
import { geoDistance } from 'd3-geo';

/** A hop whose position is known. */
export interface LocatedHop {
  readonly hop: Hop;
  /** Position in the path, from 0. */
  readonly index: number;
  readonly position: NonNullable<Hop['position']>;
  /** Distance to the position of the source along the surface of the Earth, kilometres; absent when the source has no position. */
  readonly distanceKm?: number;
  /** The least round-trip time that light in a fibre of this length needs, milliseconds. */
  readonly leastRttMs?: number;
  /** Whether the measured round-trip time is shorter than that: this position, or that of the source, is wrong. */
  readonly isImpossible: boolean;
}

/** Radius of a sphere with the volume of the Earth, kilometres. */
const EARTH_KM = 6_371;
/** Light travels through fibre at two thirds of its speed in vacuum: about 200 km a millisecond. */
const FIBRE_KM_PER_MS = 200;
/** Geolocation names cities and not buildings: distances are only this exact, kilometres. */
const CITY_KM = 50;

/** The hops of a path whose positions are known, from the destination to the source. */
export function locate({ hops }: Pick<MeasurementResult, 'hops'>, source: string): readonly LocatedHop[] {
  const origin = hops.find(({ address }) => address === source)?.position;
  return hops.flatMap((hop, index): LocatedHop[] => {
    const { position, rttMs } = hop;
    if (position === undefined) return [];
    if (origin === undefined) return [{ hop, index, position, isImpossible: false }];
    const distanceKm = distanceOf(position, origin);
    const leastRttMs = (2 * Math.max(0, distanceKm - CITY_KM)) / FIBRE_KM_PER_MS;
    return [{ hop, index, position, distanceKm, leastRttMs, isImpossible: rttMs !== undefined && rttMs < leastRttMs }];
  });
}

type Position = NonNullable<Hop['position']>;

const distanceOf = (a: Position, b: Position): number => EARTH_KM * geoDistance(toPoint(a), toPoint(b));

/** A position as geographic libraries write it: longitude first. */
export const toPoint = ({ latitude, longitude }: Position): [number, number] => [longitude, latitude];

/** Hops at one position. */
export interface Stop {
  readonly position: Position;
  readonly hops: readonly LocatedHop[];
}

/** Groups consecutive hops at one position: in a city several routers follow each other. */
export function toStops(located: readonly LocatedHop[]): readonly Stop[] {
  const stops: { position: Position; hops: LocatedHop[] }[] = [];
  for (const hop of located) {
    const last = stops.at(-1);
    const isSame =
      last?.position.latitude === hop.position.latitude && last.position.longitude === hop.position.longitude;
    if (last !== undefined && isSame) last.hops.push(hop);
    else stops.push({ position: hop.position, hops: [hop] });
  }
  return stops;
}

/** What a position is called. */
export const nameOf = ({ city, country, latitude, longitude }: Position): string =>
  [city, country].filter(Boolean).join(', ') || `${latitude.toFixed(1)}°, ${longitude.toFixed(1)}°`;
