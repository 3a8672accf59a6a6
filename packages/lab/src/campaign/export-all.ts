import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExportFormat, ReverseTracerouteClient } from '@revtr/client';
import { z } from 'zod';

const entrySchema = z.object({ batchId: z.int() });

/** The batches of a campaign, from its journal. */
export async function batchesOf(journalFile: string): Promise<number[]> {
  const ids: number[] = [];
  for await (const line of createInterface({ input: createReadStream(journalFile) })) {
    const entry = entrySchema.safeParse(JSON.parse(line));
    if (entry.success) ids.push(entry.data.batchId);
  }
  return ids;
}

/** Writes each batch to a file `BATCH.FORMAT` of a directory, one format beside the other. `onBatch` is told after each file. */
export async function exportAll(
  batches: readonly number[],
  { directory, formats }: { readonly directory: string; readonly formats: readonly ExportFormat[] },
  {
    client,
    signal,
    onBatch,
  }: { readonly client: ReverseTracerouteClient; readonly signal: AbortSignal; readonly onBatch: () => void },
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const exportAs = async (format: ExportFormat): Promise<void> => {
    for (const id of batches) {
      const body = await client.export(id, format, signal);
      await pipeline(Readable.fromWeb(body), createWriteStream(join(directory, `${id}.${format}`)), { signal });
      onBatch();
    }
  };
  await Promise.all(formats.map(exportAs));
}
