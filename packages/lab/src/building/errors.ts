/** Error codes of the builds of images and packages, and the details of each. Codes are stable. */
export interface BuildErrorDetails {
  /** A program that the build runs failed. `output` is the end of what it printed, at most 4,000 characters. */
  readonly buildFailed: { readonly command: string; readonly output: string };
  /** Parts of a program import two versions of a library, so a package cannot name one. */
  readonly conflictingVersions: { readonly library: string; readonly directories: readonly string[] };
}

/** The error class of the builds of images and packages. */
export class BuildError<Code extends keyof BuildErrorDetails = keyof BuildErrorDetails> extends Error {
  readonly code: Code;
  readonly details: BuildErrorDetails[Code];

  constructor(code: Code, message: string, details: BuildErrorDetails[Code]) {
    super(message);
    this.name = 'BuildError';
    this.code = code;
    this.details = details;
  }
}
