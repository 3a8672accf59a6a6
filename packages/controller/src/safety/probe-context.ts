import { AsyncLocalStorage } from 'node:async_hooks';

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
  | { readonly type: 'atlasRun'; readonly runId: number; readonly userId: number | undefined }
  | {
      readonly type: 'selfAudit';
      readonly auditId: number;
      /** As for a measurement. */
      readonly technique?: string;
    }
  | { readonly type: 'agentTest' }
  | { readonly type: 'survey' };

const causes = new AsyncLocalStorage<ProbeCause>();

/** Runs work whose probes are sent for `cause`, however deep in it they are sent. */
export function probingFor<T>(cause: ProbeCause, work: () => Promise<T>): Promise<T> {
  return causes.run(cause, work);
}

/** Names the technique that sends the probes of some work. Does nothing outside of a measurement or self-audit. */
export function withTechnique<T>(technique: string, work: () => Promise<T>): Promise<T> {
  const cause = causes.getStore();
  const isMeasuring = cause?.type === 'measurement' || cause?.type === 'selfAudit';
  return isMeasuring ? causes.run({ ...cause, technique }, work) : work();
}

/** What the current code sends probes for; `undefined` outside of {@link probingFor}. */
export function currentCause(): ProbeCause | undefined {
  return causes.getStore();
}
