import type { Ipv4Address } from '@revtr/net';
import type { ExhaustedBudget, HeldBack, OpenCircuit, ProbingErrorCode, TracerouteStop } from '@revtr/probing';

/** Details of a failure whose code and hop say everything. */
type NoDetails = Readonly<Record<string, never>>;

/** Why a measurement failed: each stable code with its details. */
export interface FailDetails {
  /** The plan or the request does not allow an assumption across the link between networks to `before`. */
  readonly interdomainSymmetry: { readonly before: Ipv4Address };
  /** The forward traceroute did not arrive, or was not sent because the hop has a private address (`private`). */
  readonly tracerouteFailed: { readonly stop: TracerouteStop | 'private' };
  /** The forward traceroute arrived and shows no hop that is not on the path already. */
  readonly noSymmetricHop: NoDetails;
  /** No technique of the plan found a further hop. */
  readonly noHops: NoDetails;
  /** The path reached the limit of hops or of extensions. */
  readonly tooManySteps: { readonly hops: number; readonly extensions: number };
  /** The source was offline, and did not come back in `waitedMs` milliseconds. Nothing was concluded from its silence. */
  readonly sourceOffline: { readonly waitedMs: number };
  /** The prober refused or lost a probe that the measurement needs. */
  readonly probingFailed: { readonly cause: ProbingErrorCode };
  /** A budget has no packets left for a probe that the measurement needs. */
  readonly budgetExhausted: ExhaustedBudget;
  /** Probing of a network that the measurement must probe is suspended. */
  readonly circuitOpen: OpenCircuit;
}

/** Stable codes of failures. */
export type FailCode = keyof FailDetails;

/** Why a measurement failed. */
export type FailReason = {
  readonly [Code in FailCode]: {
    readonly code: Code;
    /** For people. Where the original system has the same reason, its words are kept. */
    readonly message: string;
    /** Hop at which the path ends. */
    readonly hop: Ipv4Address;
    readonly details: FailDetails[Code];
  };
}[FailCode];

/** Why a measurement failed whose probes to `hop` were held back. */
export function heldBackReason(error: HeldBack, hop: Ipv4Address): FailReason {
  const { message } = error;
  return error.code === 'budgetExhausted'
    ? { code: 'budgetExhausted', message, hop, details: error.details }
    : { code: 'circuitOpen', message, hop, details: error.details };
}

/** Whether a measurement failed because its probes were held back: another cause is then not known. */
export const isHeldBackReason = (reason: FailReason | undefined): boolean =>
  reason?.code === 'budgetExhausted' || reason?.code === 'circuitOpen';

/** Whether the forward path to a hop shows no new hop: that to an earlier hop may. */
export const isDeadEnd = (reason: FailReason | undefined): boolean =>
  reason?.code === 'tracerouteFailed' || reason?.code === 'noSymmetricHop';
