import type { MeasurementOutline } from '@revtr/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client } from '../app/client.ts';
import { visibleValue } from '../app/visible-text.ts';

/** All measurements of a batch without their hops, and the names of the networks that they pass. */
export interface BatchOutlines {
  readonly total: number;
  readonly measurements: readonly MeasurementOutline[];
  readonly names: Readonly<Record<string, string>>;
}

/** While a batch runs, it is read again after this time, and later for large batches: each page of 2,000 costs the server. */
const LEAST_REFRESH_MS = 2_000;
const REFRESH_MS_PER_MEASUREMENT = 2;

/** Reads a batch, again and again until all its measurements have ended. */
export function useOutlines(batchId: number) {
  return useQuery({
    queryKey: ['outlines', batchId],
    queryFn: () => readAll(batchId),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || isComplete(data)
        ? false
        : Math.max(LEAST_REFRESH_MS, REFRESH_MS_PER_MEASUREMENT * data.total),
  });
}

/** The number of measurements of a batch that have ended, from its events. */
export function useProgress(batchId: number, isRunning: boolean, onProgress: (done: number) => void): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (!isRunning) return;
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const event of client.events(batchId, { signal: stop.signal })) {
        if (event.type === 'progress') onProgress(event.done);
        if (event.type === 'complete') await queries.invalidateQueries({ queryKey: ['outlines', batchId] });
      }
    };
    // Without events the table is still read again.
    follow().catch(() => undefined);
    return () => stop.abort();
  }, [batchId, isRunning, onProgress, queries]);
}

/** Whether all measurements of a batch have ended. */
export const isComplete = ({ measurements, total }: BatchOutlines): boolean =>
  measurements.length === total && measurements.every(({ state }) => state === 'done');

async function readAll(batchId: number): Promise<BatchOutlines> {
  const measurements: MeasurementOutline[] = [];
  const names: Record<string, string> = {};
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await client.outlines(batchId, after);
    measurements.push(...visibleValue(page.measurements));
    Object.assign(names, visibleValue(page.names));
    after = page.next;
    if (after === undefined) return { total: page.total, measurements, names };
  }
  return { total: 0, measurements, names };
}
