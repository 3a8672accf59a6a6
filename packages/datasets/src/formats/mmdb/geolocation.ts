import { type Ipv4Address, NO_MATCH } from '@revtr/net';
import type { Content, ReadLimits } from '../../content/limits.ts';
import { readPrefixes } from './read-prefixes.ts';
import { wantedFields } from './wanted-fields.ts';

/** Where an address is believed to be. */
export interface Position {
  /** Degrees; north and east are positive. */
  readonly latitude: number;
  readonly longitude: number;
  readonly city?: string;
  /** Two letters (ISO 3166-1). */
  readonly country?: string;
}

/** The positions of addresses, from an MMDB file. */
export interface Geolocation {
  /** The position of the longest prefix that covers the address. Never throws. */
  positionOf(address: Ipv4Address): Position | undefined;
  /** Type of the database and the day on which it was built, for people. */
  readonly title: string;
  /** Number of IPv4 prefixes with a position. */
  readonly entries: number;
}

const MOST_STEPS = 2 ** 28;
const LONGEST_NAME = 100;
/** MaxMind and DB-IP write nested maps, IPinfo writes text into fields of the record itself. */
const FIELDS = wantedFields(
  ...['location.latitude', 'location.longitude', 'city.names.en', 'country.iso_code'],
  ...['lat', 'lng', 'city', 'country'],
);

type Fields = ReadonlyMap<string, string | number>;

/**
 * Reads an MMDB file of cities, as MaxMind (GeoLite2 City), DB-IP (IP to City Lite) and IPinfo publish them. Records without coordinates are
 * left out. The whole search tree is read at once, so a damaged file is refused here and cannot fail at a look-up. @throws {DatasetError}
 */
export async function readGeolocation(content: Content, limits: ReadLimits): Promise<Geolocation> {
  const positions: Position[] = [];
  const { table, entries, title } = await readPrefixes(content, limits, {
    mostSteps: MOST_STEPS,
    fields: FIELDS,
    readValue: (fields) => {
      const position = toPosition(fields);
      return position && positions.push(position) - 1;
    },
    what: 'a position',
  });
  return {
    positionOf: (address) => {
      const found = table.lookup(address);
      return found === NO_MATCH ? undefined : positions[found];
    },
    title,
    entries,
  };
}

function toPosition(fields: Fields): Position | undefined {
  const latitude = degrees(fields.get('location.latitude') ?? fields.get('lat'), 90);
  const longitude = degrees(fields.get('location.longitude') ?? fields.get('lng'), 180);
  if (latitude === undefined || longitude === undefined) return undefined;
  const city = fields.get('city.names.en') ?? fields.get('city');
  const country = fields.get('country.iso_code') ?? fields.get('country');
  return {
    latitude,
    longitude,
    ...(typeof city === 'string' && city !== '' && { city: city.slice(0, LONGEST_NAME) }),
    ...(typeof country === 'string' && /^[A-Z]{2}$/.test(country) && { country }),
  };
}

/** IPinfo writes numbers as text. */
function degrees(value: string | number | undefined, most: number): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  return Math.abs(number) <= most ? number : undefined;
}
