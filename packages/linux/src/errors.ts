import { getSystemErrorMessage } from 'node:util';

/** A system call that failed, and its error number (errno(3)). */
interface FailedCall {
  readonly call: string;
  readonly errno: number;
}

/** The details of each error code. Codes are stable. */
export interface LinuxErrorDetails {
  /** The process lacks a capability (EPERM, EACCES). */
  readonly notPermitted: FailedCall;
  /** No network interface has the name (ENODEV). */
  readonly noSuchInterface: { readonly interface: string };
  /** No file has the path of a named network namespace or device (ENOENT). */
  readonly noSuchFile: FailedCall;
  /** This platform is not Linux. */
  readonly unsupported: { readonly platform: string };
  /** The system call failed for another reason. */
  readonly failed: FailedCall;
}

/** Failures of system calls that callers tell apart. */
export type LinuxErrorCode = keyof LinuxErrorDetails;

/** The details of a code that has none. */
type NoDetails = Readonly<Record<never, never>>;
type DetailsArgument<Details> = NoDetails extends Details ? [details?: Details] : [details: Details];

/**
 * The error class of this package: a stable code, a message with the kernel's reason, and the details of that code.
 */
export class LinuxError<Code extends LinuxErrorCode = LinuxErrorCode> extends Error {
  readonly code: Code;
  readonly details: LinuxErrorDetails[Code];

  constructor(code: Code, message: string, ...[details]: DetailsArgument<LinuxErrorDetails[Code]>);
  constructor(code: Code, message: string, details: LinuxErrorDetails[Code]) {
    super(message);
    this.name = 'LinuxError';
    this.code = code;
    this.details = details ?? {};
  }

  /** Whether the error has this code; narrows `details`. */
  hasCode<Wanted extends LinuxErrorCode>(code: Wanted): this is LinuxError<Wanted> {
    return this.code === (code as LinuxErrorCode);
  }

  /** Narrows to the default type argument; without it, `instanceof` narrows a generic class to `any`. */
  static override [Symbol.hasInstance](value: unknown): value is LinuxError {
    return Function.prototype[Symbol.hasInstance].call(LinuxError, value);
  }
}

const CODES: Readonly<Record<number, 'notPermitted' | 'noSuchFile'>> = {
  1: 'notPermitted',
  2: 'noSuchFile',
  13: 'notPermitted',
};

/** The error of a system call that failed with `errno`. */
export function systemCallError(call: string, errno: number): LinuxError {
  return new LinuxError(CODES[errno] ?? 'failed', `${call}: ${getSystemErrorMessage(-errno)}`, { call, errno });
}
