import type { ReverseTraceroute } from '@revtr/engine';
import type { Clock } from '@revtr/probing';
import type { Job } from '@revtr/storage';
import { NO_TRACING, type Tracing } from '@revtr/tracing';

/**
 * Records a measurement, and its time in the queue, as spans below the request that submitted the batch. The measurements of a large batch, and those
 * that no request submitted, begin traces: a trace stays small, and the share of traces that are recorded applies to each.
 */
export function tracedMeasurement(
  job: Job,
  { tracing = NO_TRACING, clock }: { readonly tracing?: Tracing; readonly clock: Clock },
  measure: () => Promise<ReverseTraceroute>,
): Promise<ReverseTraceroute> {
  return tracing.isOn ? traced(job, tracing, clock, measure) : measure();
}

async function traced(
  { id, source, destination, trace, isBulk, submittedAt }: Job,
  tracing: Tracing,
  clock: Clock,
  measure: () => Promise<ReverseTraceroute>,
): Promise<ReverseTraceroute> {
  const submitted = trace ?? undefined;
  const attributes = { 'revtr.measurement': id, 'revtr.source': source, 'revtr.destination': destination };
  const wait = { startedAt: submittedAt.getTime(), endedAt: clock.now() };
  const place = isBulk ? { link: submitted } : { parent: submitted };
  const span = tracing.begin('measure', { attributes, ...place });
  if (span === undefined) return measure();
  const parent = isBulk || submitted === undefined ? span.run(() => tracing.carried()) : submitted;
  if (parent !== undefined) tracing.past('wait in queue', { parent, ...wait });
  try {
    const result = await span.run(measure);
    span.set({ 'revtr.stop_reason': result.stopReason, 'revtr.hops': result.hops.length });
    span.end(result.failReason?.message);
    return result;
  } catch (error) {
    span.end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
