import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { formatIpv4, type Ipv4Address } from '@revtr/net';

/** What a probe is sent for. */
export type ProbeCause =
  | {
      readonly type: 'measurement';
      readonly measurementId: number;
      readonly batchId: number;
      readonly userId: number;
      /** The API key that submitted the batch; `undefined` when none did, or when it was not recorded. */
      readonly keyId: number | undefined;
      /** The technique that sends the probe; `undefined` outside of {@link withTechnique}. */
      readonly technique?: string;
    }
  /** `keyId`: the API key that requested the run; `undefined` when none did. */
  | {
      readonly type: 'atlasRun';
      readonly runId: number;
      readonly userId: number | undefined;
      readonly keyId: number | undefined;
    }
  | {
      readonly type: 'selfAudit';
      readonly auditId: number;
      /** As for a measurement. */
      readonly technique?: string;
    }
  /** A probe that a user asked for as such. `keyId`: the API key of the request; `undefined` when there was none. */
  | { readonly type: 'rawProbe'; readonly probeId: number; readonly userId: number; readonly keyId: number | undefined }
  /** The test of an agent, or of the connection of its host. */
  | { readonly type: 'agentTest'; readonly agent: Ipv4Address }
  | { readonly type: 'survey' };

const causes = new AsyncLocalStorage<ProbeCause>();

/**
 * After its work, `run` restores a copy of the context, which everything that waits for the work keeps. A resource restores the context itself.
 */
const runFor = <T>(cause: ProbeCause, work: () => T): T =>
  new AsyncResource('ProbeCause').runInAsyncScope(() => causes.run(cause, work));

/** Runs work whose probes are sent for `cause`, however deep in it they are sent. */
export function probingFor<T>(cause: ProbeCause, work: () => Promise<T>): Promise<T> {
  return runFor(cause, work);
}

/** Names the technique that sends the probes of some work. Does nothing outside of a measurement or self-audit. */
export function withTechnique<T>(technique: string, work: () => Promise<T>): Promise<T> {
  const cause = causes.getStore();
  const isMeasuring = cause?.type === 'measurement' || cause?.type === 'selfAudit';
  return isMeasuring ? runFor({ ...cause, technique }, work) : work();
}

/** What the current code sends probes for; `undefined` outside of {@link probingFor}. */
export function currentCause(): ProbeCause | undefined {
  return causes.getStore();
}

/**
 * What a probe belongs to, in the form that grants and work for agents carry: the number of a measurement, or a text with what else sends
 * probes. `undefined` outside of {@link probingFor}.
 */
export function currentMeasurement(): number | string | undefined {
  const cause = currentCause();
  switch (cause?.type) {
    case 'measurement':
      return cause.measurementId;
    case 'atlasRun':
      return `atlas run ${cause.runId}`;
    case 'selfAudit':
      return `self-audit ${cause.auditId}`;
    case 'rawProbe':
      return `probe ${cause.probeId}`;
    case 'agentTest':
      return `test of ${formatIpv4(cause.agent)}`;
    default:
      return cause?.type;
  }
}
