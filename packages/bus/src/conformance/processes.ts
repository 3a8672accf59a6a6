import { systemClock } from '@revtr/probing';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { z } from 'zod';
import { Bus, type BusOptions } from '../bus.ts';
import type { Service, Topic } from '../contracts.ts';
import type { Transport } from '../transport/transport.ts';

/** One kind of bus. */
export interface BusEnvironment {
  /** The transport of one more process. */
  connect(): Promise<Transport>;
  /** Cuts the connections of all processes, and ends that. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  stop(): Promise<void>;
}

/** The processes of a suite, which are closed after each test. */
export interface Processes {
  readonly environment: () => BusEnvironment;
  /** What the processes have reported in the test. */
  readonly problems: readonly unknown[];
  /** Adds a process. */
  readonly join: (options?: BusOptions) => Promise<{ bus: Bus; transport: Transport }>;
}

/** Messages that processes tell each other. */
export const news: Topic<{ readonly text: string }> = {
  name: 'news',
  schema: z.object({ text: z.string() }),
  mostBytes: 1_000,
};

/** A service for requests. */
export const doubling: Service<{ readonly value: number }, { readonly doubled: number }> = {
  name: 'doubling',
  request: z.object({ value: z.number() }),
  response: z.object({ doubled: z.number() }),
  mostBytes: 1_000,
};

/** Shorter than usual. */
const TIMES: BusOptions = { aliveMs: 100, lostMs: 600, openMs: 1_000 };

/** Opens an environment for the tests of a suite. */
export function useProcesses(open: () => Promise<BusEnvironment>): Processes {
  let environment: BusEnvironment;
  const buses: Bus[] = [];
  const problems: unknown[] = [];

  beforeAll(async () => {
    environment = await open();
  });
  afterAll(() => environment.stop());
  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close();
    problems.length = 0;
  });

  const join = async (options: BusOptions = {}): Promise<{ bus: Bus; transport: Transport }> => {
    const transport = await environment.connect();
    const bus = new Bus(
      { ...TIMES, ...options },
      { transport, clock: systemClock, onProblem: (problem) => problems.push(problem) },
    );
    buses.push(bus);
    await bus.flush();
    return { bus, transport };
  };
  return { environment: () => environment, problems, join };
}

export const follow = async (bus: Bus, topic = news): Promise<{ heard: string[] }> => {
  const heard: string[] = [];
  bus.subscribe(topic, { onMessage: ({ text }) => void heard.push(text), onGap: () => void heard.push('gap') });
  await bus.flush();
  return { heard };
};

export const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

/** Serves `doubling`; each request waits until it is let go. */
export const serve = async (bus: Bus, window: number, at = 'a') => {
  const waiting: (() => void)[] = [];
  const cancelled: number[] = [];
  let most = 0;
  const stop = bus.serve(doubling, at, {
    window,
    handle: async ({ value }, signal) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
        signal.addEventListener('abort', () => {
          cancelled.push(value);
          resolve();
        });
      });
      if (value < 0) throw new Error('too small');
      return { doubled: value * 2 };
    },
  });
  await bus.flush();
  return { waiting, cancelled, stop, most: () => most };
};

/** Sends a message as a process does that is not a bus. */
export const sendRaw = (transport: Transport, subject: string, message: object): void =>
  void transport.publish(`revtr.${subject}`, Buffer.from(JSON.stringify(message)));

/** The frames of interest that are sent to such a process. */
export const framesTo = (transport: Transport, process: string, isOfInterest: (type: string) => boolean): unknown[] => {
  const heard: unknown[] = [];
  transport.subscribe(`revtr.peer.${process}`, (data) => {
    const frame = z.looseObject({ type: z.string() }).parse(JSON.parse(String(Buffer.from(data))));
    if (isOfInterest(frame.type)) heard.push(frame);
  });
  return heard;
};

export const letGo = async (waiting: (() => void)[], count: number): Promise<void> => {
  await expect.poll(() => waiting.length).toBeGreaterThanOrEqual(count);
  for (const resolve of waiting.splice(0, count)) resolve();
};
