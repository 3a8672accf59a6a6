import { Readable } from 'node:stream';
import { formatIpv4 } from '@revtr/net';
import { type CityResponse, Reader } from 'mmdb-lib';
import { describe, expect, it } from 'vitest';
import { DatasetError, type Geolocation, readDataset } from '../src/index.ts';
import { mmdbOf, mmdbOfCity, withOneChangedByte } from './mmdb-file.ts';

async function read(bytes: Uint8Array): Promise<Geolocation | string> {
  try {
    const value = await readDataset('geolocation', Readable.from([Buffer.from(bytes)]));
    return 'positionOf' in value ? value : 'another kind';
  } catch (error) {
    if (error instanceof DatasetError) return error.code;
    throw error;
  }
}

async function readGood(bytes: Uint8Array): Promise<Geolocation> {
  const value = await read(bytes);
  if (typeof value === 'string') throw new Error(value);
  return value;
}

const ADDRESSES = [0, 1, 0x7fffffff, 0x80000000, 0xc0a80001, 0xffffffff];
const QUITO = { latitude: -0.2201641, longitude: -78.5123274, city: 'Quito', country: 'EC' };
const GOOD = Buffer.from(mmdbOfCity(QUITO));

describe('MMDB files of cities', () => {
  it('give the same answers as the reader mmdb-lib', async () => {
    const geolocation = await readGood(GOOD);
    const other = new Reader<CityResponse>(GOOD);
    for (const address of ADDRESSES) {
      const expected = other.get(formatIpv4(address));
      expect(geolocation.positionOf(address)).toEqual(
        expected === null
          ? undefined
          : {
              latitude: expected.location?.latitude,
              longitude: expected.location?.longitude,
              city: expected.city?.names.en,
              country: expected.country?.iso_code,
            },
      );
    }
    const { databaseType, buildEpoch } = other.metadata;
    expect(geolocation.title).toBe(`${databaseType} of ${buildEpoch.toISOString().slice(0, 10)}`);
  });

  it('may have their fields as text, as IPinfo writes them', async () => {
    expect((await readGood(mmdbOfCity(QUITO, 'ipinfo'))).positionOf(0xc0a80001)).toEqual(QUITO);
  });

  it('leave out what is no place on Earth, and what is no code of a country', async () => {
    expect(await read(mmdbOfCity({ ...QUITO, latitude: 90.5 }))).toBe('empty');
    expect(await read(mmdbOfCity({ ...QUITO, longitude: Number.NaN }))).toBe('empty');
    const { city, latitude, longitude } = QUITO;
    expect((await readGood(mmdbOfCity({ ...QUITO, country: '<b>' }))).positionOf(0xc0a80001)).toEqual({
      ...{ city, latitude, longitude },
    });
  });

  it('are refused when they have no positions', async () => {
    expect(await read(mmdbOf(64_500))).toBe('empty');
  });

  it('are refused at once or never fail at a look-up, whichever byte is changed', async () => {
    let readable = 0;
    for (const bytes of withOneChangedByte(GOOD)) {
      const geolocation = await read(bytes);
      if (typeof geolocation === 'string') continue;
      readable++;
      for (const address of ADDRESSES) geolocation.positionOf(address);
    }
    expect(readable).toBeGreaterThan(0);
  });
});
