import type { BatchEvent, Measurement } from '@revtr/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '../app/client.ts';
import { isPassing, measurementQuery } from '../app/queries.ts';

type Hops = Extract<BatchEvent, { type: 'path' }>['hops'];

/** The growing path of a measurement that has not ended. */
export interface LivePath {
  readonly hops: Hops;
  /** Whether the events arrive; `false` while the server cannot be reached. */
  readonly isConnected: boolean;
}

const RECONNECT_MS = [500, 1_000, 2_000, 4_000];

/**
 * Follows a measurement by server-sent events until it has ended, and then has its result read. A connection that breaks, for example
 * because the server restarts, is opened again for as long as the page is open.
 */
export function useLivePath(measurement: Measurement): LivePath {
  const { id, batchId, state } = measurement;
  const isDone = state === 'done';
  const queries = useQueryClient();
  const [path, setPath] = useState<LivePath>({ hops: [], isConnected: true });
  useEffect(() => {
    if (isDone) return;
    const stop = new AbortController();
    const readResult = () => queries.invalidateQueries({ queryKey: measurementQuery(id).queryKey });
    void follow(batchId, stop.signal, {
      onEvent: (event) => {
        if (event.type === 'path' && event.measurement === id) setPath({ hops: event.hops, isConnected: true });
        else setPath((before) => (before.isConnected ? before : { ...before, isConnected: true }));
        if (event.type === 'complete' || (event.type === 'ended' && event.measurement === id)) void readResult();
      },
      onBroken: () => setPath((before) => ({ ...before, isConnected: false })),
      // It may have ended while nobody listened.
      onOpenAgain: () => void readResult(),
    });
    return () => stop.abort();
  }, [id, batchId, isDone, queries]);
  return path;
}

interface Listener {
  readonly onEvent: (event: BatchEvent) => void;
  readonly onBroken: () => void;
  readonly onOpenAgain: () => void;
}

async function follow(batchId: number, signal: AbortSignal, listener: Listener): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      for await (const event of client.events(batchId, { paths: true, signal })) {
        if (failures > 0) listener.onOpenAgain();
        failures = 0;
        listener.onEvent(event);
        if (event.type === 'complete') return;
      }
    } catch (error) {
      // Anything else does not pass: the query of the measurement shows it.
      if (!isPassing(error)) {
        if (!signal.aborted) listener.onOpenAgain();
        return;
      }
    }
    if (signal.aborted) return;
    listener.onBroken();
    await pause(RECONNECT_MS[Math.min(failures++, RECONNECT_MS.length - 1)], signal);
  }
}

/** Waits until the time is over, the browser is online again, or the page is left. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, ms);
    window.addEventListener('online', end, { signal: over.signal });
    signal.addEventListener('abort', end, { signal: over.signal });
  });
}
