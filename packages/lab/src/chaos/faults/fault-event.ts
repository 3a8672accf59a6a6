import { z } from 'zod';
import { parseLines, readRunFile } from '../files/read-run-file.ts';
import { faultSchema } from '../plan/fault.ts';
import type { Span } from '../span.ts';

const faultEventSchema = z.object({
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
  phase: z.enum(['begin', 'end']),
  fault: faultSchema,
  /** Why the step failed; the run is then worthless. */
  problem: z.string().exactOptional(),
});
/** A step of a fault that happened. */
export type FaultEvent = z.infer<typeof faultEventSchema>;

/** Reads the faults of an earlier run as they happened. @throws {ChaosError} `unreadableRun` */
export const readFaultEvents = (file: string): FaultEvent[] =>
  readRunFile(file, (text) => parseLines(text, faultEventSchema));

/** Steps of faults that failed, as sentences. */
export const problemsOf = (events: readonly FaultEvent[]): string[] =>
  events.flatMap(({ problem, phase, fault }) => (problem === undefined ? [] : [`${phase} ${fault.kind}: ${problem}`]));

/** When one of some processes was suspended, milliseconds since the Unix epoch. */
export function suspensionsOf(events: readonly FaultEvent[], processes: readonly string[]): Span[] {
  const ends = new Map(
    events.flatMap(({ at, phase, fault }) => (phase === 'end' ? [[JSON.stringify(fault), at] as const] : [])),
  );
  return events.flatMap(({ at, phase, fault }) =>
    phase === 'begin' && fault.kind === 'stop' && processes.includes(fault.process)
      ? [{ from: at, until: ends.get(JSON.stringify(fault)) ?? Number.POSITIVE_INFINITY }]
      : [],
  );
}

/** How many faults of each kind were injected. */
export function countKinds(events: readonly FaultEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { phase, fault, problem } of events)
    if (phase === 'begin' && problem === undefined) counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
  return counts;
}
