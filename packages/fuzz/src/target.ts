/** How inputs of a target are changed: as bytes, or as JSON values that are written as text. */
type InputForm = 'bytes' | 'json';

/** A parser under test. */
export interface Target {
  readonly form: InputForm;
  /** Longest input, bytes. Default 4,096. */
  readonly maxBytes?: number;
  /** Valid inputs from which the fuzzer starts. The files in `corpus/NAME` are added to them. */
  readonly seeds: readonly Uint8Array[];
  /** Further words of the language that the parser reads. */
  readonly words?: readonly string[];
  /** The error that the contract of the parser allows. Any other error is a finding. */
  isExpected(error: unknown): boolean;
  /** Gives one input to the parser. It may also use {@link ensure}. */
  run(input: Uint8Array): void | Promise<void>;
  /** Ends what the target has started. */
  close?(): Promise<void>;
}

/** A parser returned what its contract excludes. */
class ContractViolation extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ContractViolation';
  }
}

/** @throws {ContractViolation} unless `condition` is true */
export function ensure(condition: boolean, message: string): void {
  if (!condition) throw new ContractViolation(message);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of a text. */
export const bytesOf = (text: string): Uint8Array => encoder.encode(text);
/** The text that a program reads from a file or socket: invalid UTF-8 becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);
/** UTF-8 bytes of the JSON text of a value. */
export const jsonBytes = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));
/** The bytes in two chunks: what lies across their border is read as well. */
export async function* inTwoChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const middle = bytes.length >>> 1;
  if (middle > 0) yield bytes.subarray(0, middle);
  yield bytes.subarray(middle);
}
