import type { MeasurementOutline } from '@revtr/client';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '../app/client.ts';
import { visibleValue } from '../app/visible-text.ts';

/** All measurements of a batch without their hops, and the names of the networks that they pass. */
export interface BatchOutlines {
  readonly total: number;
  readonly measurements: readonly MeasurementOutline[];
  readonly names: Readonly<Record<string, string>>;
  /** Networks of the routers by address; empty when routers were not asked for. */
  readonly origins: Readonly<Record<string, number>>;
}

/** While a batch runs, it is read again after this time, and later for large batches: each page of 2,000 costs the server. */
const LEAST_REFRESH_MS = 2_000;
const FIRST_PAGE = 100;
const PAGE = 2_000;
const REFRESH_MS_PER_MEASUREMENT = 2;

const keyOf = (batchId: number) => ['outlines', batchId];

/**
 * Reads a batch, again and again until all its measurements have ended. With `routers` (default false) the measurements have the addresses of
 * their hops.
 */
export function useOutlines(batchId: number, { routers = false } = {}) {
  const queries = useQueryClient();
  const queryKey = [...keyOf(batchId), routers];
  return useQuery({
    queryKey,
    queryFn: async () => {
      const isFirst = queries.getQueryData(queryKey) === undefined;
      let read: BatchOutlines = { total: 0, measurements: [], names: {}, origins: {} };
      for await (const page of pagesOf(batchId, routers)) {
        read = page;
        // What is read first is shown while the rest is read.
        if (isFirst) queries.setQueryData(queryKey, read);
      }
      return read;
    },
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data === undefined || isComplete(data)
        ? false
        : Math.max(LEAST_REFRESH_MS, REFRESH_MS_PER_MEASUREMENT * data.total),
  });
}

/** The number of measurements of a batch that have ended, from its events; 0 before the first event. */
export function useProgress(batchId: number, isRunning: boolean): number {
  const [progress, setProgress] = useState(0);
  const queries = useQueryClient();
  useEffect(() => {
    if (!isRunning) return;
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      for await (const event of client.events(batchId, { signal: stop.signal })) {
        if (event.type === 'progress') setProgress(event.done);
        if (event.type === 'complete') await queries.invalidateQueries({ queryKey: keyOf(batchId) });
      }
    };
    // Without events the table is still read again.
    follow().catch(() => undefined);
    return () => stop.abort();
  }, [batchId, isRunning, queries]);
  return progress;
}

/** Whether all measurements of a batch are read. */
export const isRead = ({ measurements, total }: BatchOutlines): boolean => measurements.length === total;

/** Whether all measurements of a batch are read and have ended. */
export const isComplete = (batch: BatchOutlines): boolean =>
  isRead(batch) && batch.measurements.every(({ state }) => state === 'done');

/** A batch as far as it is read, page after page. */
async function* pagesOf(batchId: number, routers: boolean): AsyncGenerator<BatchOutlines> {
  let measurements: readonly MeasurementOutline[] = [];
  const names: Record<string, string> = {};
  const origins: Record<string, number> = {};
  let limit = FIRST_PAGE;
  for (let after: number | undefined = 0; after !== undefined; limit = PAGE) {
    const page = await client.outlines(batchId, { after, limit, routers });
    measurements = [...measurements, ...visibleValue(page.measurements)];
    Object.assign(names, visibleValue(page.names));
    Object.assign(origins, page.origins);
    after = page.next;
    yield { total: page.total, measurements, names, origins };
  }
}
