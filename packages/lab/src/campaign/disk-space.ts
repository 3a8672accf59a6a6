import { statfsSync } from 'node:fs';
import { CampaignError } from './errors.ts';

/** Bytes of the database, the output and the exports for each pair, measured at 20,000 to 200,000 pairs, with a fifth to spare. */
const BYTES_PER_PAIR = 28_000;
const BYTES_AT_LEAST = 500_000_000;

/** Bytes of disk that a campaign needs. */
const neededBytes = (pairs: number): number => BYTES_AT_LEAST + pairs * BYTES_PER_PAIR;

/** Checks before a campaign begins that its directory has room for it. @throws {CampaignError} `noSpace` */
export function requireSpace(directory: string, pairs: number): void {
  const { bavail, bsize } = statfsSync(directory);
  const [needed, free] = [neededBytes(pairs), bavail * bsize];
  if (free >= needed) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const message = `${pairs} pairs need ${gigabytes(needed)} of disk, and ${directory} has ${gigabytes(free)}`;
  throw new CampaignError('noSpace', message, { needed, free });
}
