/** Error codes of the lab and the details of each. Codes are stable. */
export interface KernelLabErrorDetails {
  /** The topology file is invalid. `place` is the path of the invalid entry, for example `routes.3`. */
  readonly badTopology: { readonly place: string };
  /** A program failed. `output` is its standard error. */
  readonly commandFailed: { readonly command: string; readonly output: string };
  /** The kernel of this machine lacks a feature that the topology file uses. `feature` is the key in the file. */
  readonly unsupported: { readonly feature: string };
  /** The controller or an agent did not become ready in time. `host` is the name of the agent, or `controller`. */
  readonly notReady: { readonly host: string };
  /** The controller or an agent ended although nobody stopped it. `program` is `controller` or `agent` with the name of its host. */
  readonly programEnded: {
    readonly program: string;
    readonly exitCode: number | null;
    readonly signal: string | null;
  };
  /** A process runs a lab with this name. */
  readonly alreadyRunning: { readonly name: string; readonly pid: number };
  /** The start was cancelled. */
  readonly stopped: Readonly<Record<never, never>>;
}
export type KernelLabErrorCode = keyof KernelLabErrorDetails;

/** The error class of the kernel lab and of deployments in network namespaces. */
export class KernelLabError<Code extends KernelLabErrorCode = KernelLabErrorCode> extends Error {
  readonly code: Code;
  readonly details: KernelLabErrorDetails[Code];

  constructor(code: Code, message: string, details: KernelLabErrorDetails[Code]) {
    super(message);
    this.name = 'KernelLabError';
    this.code = code;
    this.details = details;
  }
}

/** @throws {KernelLabError} `stopped` when `signal` has fired */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new KernelLabError('stopped', 'stopped', {});
}
