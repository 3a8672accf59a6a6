import { Readable } from 'node:stream';
import { formatIpv4 } from '@revtr/net';
import { type AsnResponse, Reader } from 'mmdb-lib';
import { describe, expect, it } from 'vitest';
import { DatasetError, type MmdbOrigins, readDataset } from '../src/index.ts';
import { mmdbOf, withOneChangedByte } from './mmdb-file.ts';

async function read(bytes: Uint8Array): Promise<MmdbOrigins | string> {
  try {
    const value = await readDataset('mmdb', Readable.from([Buffer.from(bytes)]));
    return 'originOf' in value ? value : 'another kind';
  } catch (error) {
    if (error instanceof DatasetError) return error.code;
    throw error;
  }
}

const ADDRESSES = [0, 1, 0x01000001, 0x7fffffff, 0x80000000, 0xc0a80001, 0xffffffff];
const GOOD = Buffer.from(mmdbOf(64500));

describe('MMDB files', () => {
  it('give the same answers as the reader mmdb-lib', async () => {
    const origins = await read(GOOD);
    if (typeof origins === 'string') throw new Error(origins);
    const other = new Reader<AsnResponse>(GOOD);
    for (const address of ADDRESSES)
      expect(origins.originOf(address)).toBe(other.get(formatIpv4(address))?.autonomous_system_number);
  });

  it('are refused at once or never fail at a look-up, whichever byte is changed', async () => {
    let readable = 0;
    for (const bytes of withOneChangedByte(GOOD)) {
      const origins = await read(bytes);
      if (typeof origins === 'string') continue;
      readable++;
      for (const address of ADDRESSES) origins.originOf(address);
    }
    expect(readable).toBeGreaterThan(0);
  });

  it('are refused when the search tree refers outside of the data', async () => {
    const bytes = Buffer.from(GOOD);
    bytes.writeUIntBE(0x00ffff, 3, 3);
    expect(await read(bytes)).toBe('damaged');
  });

  it('are refused when the search tree refers to the separator before the data', async () => {
    const bytes = Buffer.from(GOOD);
    // Two bytes before the data: read from the end of the data, they would be a text with a length of two bytes.
    bytes.writeUIntBE(1 + 16 - 2, 3, 3);
    bytes[bytes.indexOf('MaxMind.com') - 3 - 2] = 0x5e;
    expect(await read(bytes)).toBe('damaged');
  });

  it('are refused when the search tree leads to itself', async () => {
    const bytes = Buffer.from(GOOD);
    bytes.writeUIntBE(0, 3, 3);
    expect(await read(bytes)).toBe('damaged');
  });

  it('are refused when a small search tree describes an endless number of prefixes', async () => {
    const bytes = Buffer.from(GOOD);
    // Both records of the only node lead to the node: 2^32 paths.
    bytes.fill(0, 0, 6);
    expect(['damaged', 'tooLarge']).toContain(await read(bytes));
  });
});
