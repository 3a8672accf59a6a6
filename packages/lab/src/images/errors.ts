/** Error codes of the image build and the details of each. Codes are stable. */
export interface ImageErrorDetails {
  /** A build step failed. `output` is the end of its standard error, at most 4,000 characters. */
  readonly buildFailed: { readonly command: string; readonly output: string };
}

/** The error class of the image build. */
export class ImageError<Code extends keyof ImageErrorDetails = keyof ImageErrorDetails> extends Error {
  readonly code: Code;
  readonly details: ImageErrorDetails[Code];

  constructor(code: Code, details: ImageErrorDetails[Code]) {
    super(`${details.command}:\n${details.output}`);
    this.name = 'ImageError';
    this.code = code;
    this.details = details;
  }
}
