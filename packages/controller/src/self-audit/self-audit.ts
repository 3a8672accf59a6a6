import type { EngineCollaborators, ReverseTraceroute, ReverseTracerouteEngine } from '@revtr/engine';
import { formatIpv4 } from '@revtr/net';
import { cancelled, ProbingError } from '@revtr/probing';
import { type Judgement, judge } from './judge.ts';
import { type AuditedPair, isSamePath, ownProbes, traceOwn } from './own-probes.ts';
import { TruePath } from './true-path.ts';

/** What an audit measures with. */
export interface SelfAuditCollaborators {
  readonly engine: Pick<ReverseTracerouteEngine, 'measure'>;
  readonly engineParts: Pick<EngineCollaborators, 'prober' | 'aliases' | 'ipToAs'>;
}

/** How an audit ended. */
export type AuditFinding =
  | { readonly outcome: 'judged'; readonly judgement: Judgement }
  /** The path changed while it was measured; the host's traceroute did not arrive; a probe could not be sent. */
  | { readonly outcome: 'pathChanged' | 'noTruth' | 'notMeasured'; readonly detail: string };

/** Failures that say nothing about the techniques. */
const NOT_MEASURED: readonly string[] = ['budgetExhausted', 'circuitOpen', 'sourceOffline', 'probingFailed'];

/**
 * Measures the reverse path from a host as if it were a foreign host, and the host's own path before and after it, and compares them.
 * `retriesSuspended`: suspended kinds of hops are used like the others. @throws {ProbingError} `cancelled` when the signal fires
 */
export async function auditPair(
  pair: AuditedPair,
  options: { readonly retriesSuspended: boolean },
  { engine, engineParts }: SelfAuditCollaborators,
  signal?: AbortSignal,
): Promise<AuditFinding> {
  const { prober, aliases } = engineParts;
  const { host, source } = pair;
  try {
    const before = await traceOwn(pair, 0, prober, signal);
    if (before.stop !== 'completed')
      return { outcome: 'noTruth', detail: `the traceroute of ${formatIpv4(host)} did not arrive (${before.stop})` };
    const request = { source, destination: host, options: { asForeignHost: true, ...options } };
    const result = await engine.measure(request, { ...(signal && { signal }) });
    if (signal?.aborted) throw cancelled();
    const reason = whyNotMeasured(result);
    if (reason !== undefined) return { outcome: 'notMeasured', detail: reason };
    const after = await traceOwn(pair, 0, prober, signal);
    if (!isSamePath(before, after, aliases))
      return { outcome: 'pathChanged', detail: 'two traceroutes of the host show different paths' };
    const truth = new TruePath(host, source, await ownProbes(pair, after, prober, signal), engineParts);
    return { outcome: 'judged', judgement: judge(result, truth, engineParts) };
  } catch (error) {
    if (!(error instanceof ProbingError) || signal?.aborted) throw error;
    return { outcome: 'notMeasured', detail: error.message };
  }
}

function whyNotMeasured({ stopReason, failReason }: ReverseTraceroute): string | undefined {
  if (stopReason === 'cancelled') return 'the measurement was cancelled';
  return failReason !== undefined && NOT_MEASURED.includes(failReason.code) ? failReason.message : undefined;
}
