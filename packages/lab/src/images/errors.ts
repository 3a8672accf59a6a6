/** A step of building an image that failed, with what it said. */
export class ImageError extends Error {
  readonly code = 'buildFailed';
  readonly step: string;

  constructor(step: string, said: string) {
    super(`${step}:\n${said}`);
    this.name = 'ImageError';
    this.step = step;
  }
}
