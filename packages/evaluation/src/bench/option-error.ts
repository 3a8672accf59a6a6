/** An option of a benchmark is missing or wrong. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}
