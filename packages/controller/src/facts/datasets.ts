import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AliasSets, PrefixOrigins } from '@revtr/engine';
import { type Ipv4Address, maskOf, type Prefix, tryParseIpv4 } from '@revtr/net';

/** A dataset that is not what it should be; `line` counts from 1. */
export class DatasetError extends Error {
  readonly code = 'badDataset';
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = 'DatasetError';
    this.file = file;
    this.line = line;
  }
}

/**
 * Reads who announces what from a CAIDA prefix2as file: address, length and AS, separated by tabs. Of a prefix with several
 * origins (`1_2`, `1,2`) the first counts. @throws {DatasetError}
 */
export async function readPrefixToAs(file: string): Promise<PrefixOrigins> {
  const origins: { prefix: Prefix; asn: number }[] = [];
  for await (const { line, number } of linesOf(file)) {
    const [text, bits, origin = ''] = line.split(/\s+/);
    const address = tryParseIpv4(text);
    const length = Number(bits);
    const asn = Number(/^\d+/.exec(origin)?.[0]);
    if (address === undefined || !(length >= 0 && length <= 32) || !(asn > 0))
      throw new DatasetError(file, number, 'expected an address, a length and an AS number, separated by tabs');
    origins.push({ prefix: { address: (address & maskOf(length)) >>> 0, length }, asn });
  }
  if (origins.length === 0) throw new DatasetError(file, 1, 'the file holds no prefix');
  return new PrefixOrigins(origins);
}

/** Reads which addresses are one router's from an ITDK nodes file: `node N1:  1.2.3.4 5.6.7.8`. @throws {DatasetError} */
export async function readAliases(file: string): Promise<AliasSets> {
  const sets: Ipv4Address[][] = [];
  for await (const { line, number } of linesOf(file)) {
    const found = /^node \S+:\s+(.*)$/.exec(line);
    const addresses = (found?.[1] ?? '').trim().split(/\s+/).map(tryParseIpv4);
    const known = addresses.filter((address) => address !== undefined);
    if (found === null || known.length < addresses.length)
      throw new DatasetError(file, number, 'expected "node ID:" and IPv4 addresses');
    sets.push(known);
  }
  return new AliasSets(sets);
}

async function* linesOf(file: string): AsyncGenerator<{ readonly line: string; readonly number: number }> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() !== '' && !line.startsWith('#')) yield { line, number };
  }
}
