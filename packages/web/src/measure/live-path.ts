import type { BatchEvent, Measurement } from '@revtr/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '../app/client.ts';
import { isPassing, measurementQuery } from '../app/queries.ts';
import type { Activity } from './activity.ts';

type Hops = Extract<BatchEvent, { type: 'path' }>['hops'];
type Rtts = Readonly<Record<string, number>>;

/** The growing path of a measurement that has not ended. */
export interface LivePath {
  readonly hops: Hops;
  /** Round-trip times by address, milliseconds, as far as they are known. */
  readonly rtts: Rtts;
  /** What is tried; `undefined` before the first event. */
  readonly activity: Activity | undefined;
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
  const [path, setPath] = useState<LivePath>({ hops: [], rtts: {}, activity: undefined, isConnected: true });
  useEffect(() => {
    if (isDone) return;
    const stop = new AbortController();
    const readResult = () => queries.invalidateQueries({ queryKey: measurementQuery(id).queryKey });
    void follow(batchId, stop.signal, {
      onEvent: (event) => {
        const isOwn = 'measurement' in event && event.measurement === id;
        setPath((before) =>
          isOwn ? after(event, before) : before.isConnected ? before : { ...before, isConnected: true },
        );
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

/** What is known of a measurement after an event of it. */
function after(event: BatchEvent, before: LivePath): LivePath {
  const path = { ...before, isConnected: true };
  switch (event.type) {
    case 'path':
      return { ...path, hops: event.hops };
    case 'trying':
      return { ...path, activity: { ...event, since: performance.now() } };
    case 'rtt':
      return { ...path, rtts: { ...path.rtts, [event.hop]: event.rttMs } };
    default:
      return path;
  }
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
