import { getSystemErrorMessage } from 'node:util';

/** What a system call can fail with that callers tell apart; everything else is `failed`. Codes are stable. */
export type LinuxErrorCode = 'notPermitted' | 'noSuchInterface' | 'noSuchNamespace' | 'unsupported' | 'failed';

/** The one error class of this package: a stable code, the system call, and the kernel's own reason. */
export class LinuxError extends Error {
  readonly code: LinuxErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: LinuxErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'LinuxError';
    this.code = code;
    this.details = details;
  }
}

const CODES: Readonly<Record<number, LinuxErrorCode>> = {
  1: 'notPermitted',
  2: 'noSuchNamespace',
  13: 'notPermitted',
  19: 'noSuchInterface',
};

/** The error of a system call that failed with `errno`. */
export function systemCallError(call: string, errno: number): LinuxError {
  return new LinuxError(CODES[errno] ?? 'failed', `${call}: ${getSystemErrorMessage(-errno)}`, { call, errno });
}
