import { probeSchema, type RipeProbe } from '@revtr/ripe-atlas';
import { z } from 'zod';
import { readJson } from '../content/json.ts';
import type { Content } from '../content/limits.ts';
import { DatasetError, emptyFile } from '../errors.ts';

/** Probes of RIPE Atlas. */
export interface RipeProbeList {
  readonly probes: readonly RipeProbe[];
  readonly entries: number;
}

const listSchema = z.union([
  z.array(z.unknown()),
  z.object({ objects: z.array(z.unknown()) }).transform(({ objects }) => objects),
  z.object({ results: z.array(z.unknown()) }).transform(({ results }) => results),
]);

/**
 * Reads a list of RIPE Atlas probes: the daily archive (`objects`, https://ftp.ripe.net/ripe/atlas/probes/archive/), a page of the
 * API (`results`), or an array. Up to half of the entries may be unreadable. @throws {DatasetError}
 */
export async function readRipeProbes(content: Content): Promise<RipeProbeList> {
  const list = await readJson(content, listSchema);
  const probes = list.flatMap((entry) => probeSchema.safeParse(entry).data ?? []);
  if (list.length > 0 && probes.length < list.length / 2)
    throw new DatasetError('wrongFormat', `only ${probes.length} of ${list.length} entries are probes`, {
      at: 'entries',
    });
  if (probes.length === 0) throw emptyFile('the file contains no probe');
  return { probes, entries: probes.length };
}
