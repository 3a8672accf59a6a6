/**
 * The smallest MMDB file: addresses from 128.0.0.0 on belong to AS `asn`, the others to none. It follows the MaxMind DB File
 * Format Specification 2.0: search tree, sixteen zero bytes, data, marker, metadata.
 */
export function mmdbOf(asn: number): Uint8Array {
  return fileOf(
    'Test-ASN',
    map({ autonomous_system_number: uint32(asn), autonomous_system_organization: text('Example') }),
  );
}

/** An MMDB file of cities as {@link mmdbOf}, with the fields of MaxMind, or those of IPinfo. */
export function mmdbOfCity(
  { latitude, longitude, city, country }: CityFields,
  publisher: 'maxmind' | 'ipinfo' = 'maxmind',
): Uint8Array {
  const flat = { city: text(city), country: text(country), lat: text(String(latitude)), lng: text(String(longitude)) };
  const nested = {
    city: map({ geoname_id: uint32(1), names: map({ de: text('Anders'), en: text(city) }) }),
    continent: map({ code: text('EU'), names: map({ en: text('Europe') }) }),
    country: map({ iso_code: text(country), names: map({ en: text('Somewhere') }) }),
    location: map({ accuracy_radius: uint16(100), latitude: double(latitude), longitude: double(longitude) }),
  };
  return fileOf('Test-City', map(publisher === 'maxmind' ? nested : flat));
}

/** Copies of a file, each of which has one changed byte: every byte, in several ways. */
export function* withOneChangedByte(file: Uint8Array): Generator<Buffer> {
  for (let position = 0; position < file.length; position++)
    for (const flip of [0x01, 0x20, 0x80, 0xff]) {
      const bytes = Buffer.from(file);
      bytes[position] ^= flip;
      yield bytes;
    }
}

interface CityFields {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
  readonly country: string;
}

function fileOf(type: string, data: number[]): Uint8Array {
  // One node of two 24-bit records: 0 leads nowhere (the number of nodes), 1 leads to the data (nodes + 16 + offset).
  const tree = [0, 0, 1, 0, 0, 1 + 16];
  const metadata = map({
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    // 64 bits: 2 January 2026.
    build_epoch: [0x04, 0x02, 0x69, 0x57, 0x0b, 0x80],
    database_type: text(type),
    description: map({ en: text('test') }),
    ip_version: uint16(4),
    languages: [0x01, 0x04, ...text('en')],
    node_count: uint32(1),
    record_size: uint16(24),
  });
  const marker = [0xab, 0xcd, 0xef, ...new TextEncoder().encode('MaxMind.com')];
  return Uint8Array.from([...tree, ...new Array(16).fill(0), ...data, ...marker, ...metadata]);
}

const TEXT = 2;
const UINT16 = 5;
const UINT32 = 6;
const DOUBLE = 3;
const MAP = 7;

/** Control byte: type in the upper three bits, size in the lower five; all sizes here are below 29 or one byte more. */
function control(type: number, size: number): number[] {
  return size < 29 ? [(type << 5) | size] : [(type << 5) | 29, size - 29];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...control(TEXT, bytes.length), ...bytes];
}

const uint16 = (value: number): number[] => [...control(UINT16, 2), value >> 8, value & 0xff];
const uint32 = (value: number): number[] => [
  ...control(UINT32, 4),
  (value >>> 24) & 0xff,
  (value >>> 16) & 0xff,
  (value >>> 8) & 0xff,
  value & 0xff,
];

function double(value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return [...control(DOUBLE, 8), ...bytes];
}

function map(entries: Readonly<Record<string, number[]>>): number[] {
  const pairs = Object.entries(entries);
  return [...control(MAP, pairs.length), ...pairs.flatMap(([key, value]) => [...text(key), ...value])];
}
