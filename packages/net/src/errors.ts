/** The details of each error code. Codes are stable. */
export interface NetErrorDetails {
  /** A text is not a strict dotted quad. */
  readonly badAddress: { readonly text: string };
  /** A text is not a prefix. */
  readonly badPrefix: { readonly text: string };
  /** A row of a prefix table has a length above 32 or bits set beyond its length. */
  readonly badPrefixRow: { readonly row: number; readonly length: number };
  readonly tooManyPrefixes: { readonly count: number };
  /** `slots` is present when an option is written; a packet that is read has none. */
  readonly badRecordRoute: { readonly slots?: number };
  /** `count` is the number of entries when an option is written; a packet that is read has none. */
  readonly badTimestamp: { readonly count?: number };
  /** `end` is the offset, in bytes, at which the data to write would end. */
  readonly bufferTooSmall: { readonly end: number };
  /** A payload cannot produce the requested checksum: its length in bytes is odd or below 2. */
  readonly badPayload: { readonly length: number };
  readonly headerTruncated: NoDetails;
  readonly notVersion4: NoDetails;
  readonly headerLengthTooSmall: NoDetails;
  readonly headerLengthBeyondTotal: NoDetails;
  readonly totalLengthTooSmall: NoDetails;
  readonly totalLengthBeyondData: NoDetails;
  readonly optionTruncated: NoDetails;
  readonly optionLengthTooSmall: NoDetails;
  readonly optionBeyondHeader: NoDetails;
  readonly icmpTruncated: NoDetails;
  readonly quoteTruncated: NoDetails;
  readonly badExtension: NoDetails;
  readonly badChecksum: NoDetails;
  readonly unexpectedProtocol: NoDetails;
}

/** What is wrong with an address, a prefix, or a packet. */
export type NetErrorCode = keyof NetErrorDetails;

/** What is wrong with a packet that was received: the codes that the `check...` functions return. */
export type PacketFault = Exclude<
  NetErrorCode,
  'badAddress' | 'badPrefix' | 'badPrefixRow' | 'tooManyPrefixes' | 'badPayload' | 'bufferTooSmall'
>;

/** The details of a code that has none. */
type NoDetails = Readonly<Record<never, never>>;
type DetailsArgument<Details> = NoDetails extends Details ? [details?: Details] : [details: Details];

/**
 * The error class of this package: a stable code, a message for people, and the details of that code.
 */
export class NetError<Code extends NetErrorCode = NetErrorCode> extends Error {
  readonly code: Code;
  readonly details: NetErrorDetails[Code];

  constructor(code: Code, message: string, ...[details]: DetailsArgument<NetErrorDetails[Code]>);
  constructor(code: Code, message: string, details: NetErrorDetails[Code]) {
    super(message);
    this.name = 'NetError';
    this.code = code;
    this.details = details ?? {};
  }

  /** Narrows to the default type argument; without it, `instanceof` narrows a generic class to `any`. */
  static override [Symbol.hasInstance](value: unknown): value is NetError {
    return Function.prototype[Symbol.hasInstance].call(NetError, value);
  }
}
