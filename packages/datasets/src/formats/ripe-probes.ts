import type { Readable } from 'node:stream';
import { probeSchema, type RipeProbe } from '@revtr/ripe-atlas';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import { readJson } from './json.ts';

export interface RipeProbeList {
  readonly probes: readonly RipeProbe[];
  readonly entries: number;
}

const listSchema = z.union([
  z.array(z.unknown()),
  z.object({ objects: z.array(z.unknown()) }).transform(({ objects }) => objects),
  z.object({ results: z.array(z.unknown()) }).transform(({ results }) => results),
]);

/** Reads a list of RIPE Atlas probes: the daily archive (`objects`), pages of the API (`results`), or a bare list. @throws {DatasetError} */
export async function readRipeProbes(input: Readable): Promise<RipeProbeList> {
  const list = await readJson(input, listSchema);
  const probes = list.flatMap((entry) => probeSchema.safeParse(entry).data ?? []);
  if (list.length > 0 && probes.length < list.length / 2)
    throw new DatasetError('wrongFormat', `only ${probes.length} of ${list.length} entries are probes`);
  if (probes.length === 0) throw new DatasetError('empty', 'the file holds no probe');
  return { probes, entries: probes.length };
}
