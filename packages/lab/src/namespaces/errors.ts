/** What can be wrong with a kernel lab. Codes are stable. */
export type KernelLabErrorCode = 'badTopology' | 'commandFailed' | 'notReady' | 'stopped';

/** The one error class of the kernel lab: a stable code, a sentence for a person, the place. */
export class KernelLabError extends Error {
  readonly code: KernelLabErrorCode;
  readonly at: string;

  constructor(code: KernelLabErrorCode, message: string, at = '') {
    super(message);
    this.name = 'KernelLabError';
    this.code = code;
    this.at = at;
  }
}
