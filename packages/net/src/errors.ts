/** What can be wrong with an address, a prefix or a packet. Codes are stable. */
export type NetErrorCode =
  | 'badAddress'
  | 'badPrefix'
  | 'tooManyPrefixes'
  | 'headerTruncated'
  | 'notVersion4'
  | 'headerLengthTooSmall'
  | 'headerLengthBeyondTotal'
  | 'totalLengthTooSmall'
  | 'totalLengthBeyondData'
  | 'optionTruncated'
  | 'optionLengthTooSmall'
  | 'optionBeyondHeader'
  | 'badRecordRoute'
  | 'badTimestamp'
  | 'icmpTruncated'
  | 'quoteTruncated'
  | 'badExtension'
  | 'badChecksum'
  | 'unexpectedProtocol'
  | 'bufferTooSmall';

/** The one error class of this package: a stable code, a sentence for a person, typed details. */
export class NetError extends Error {
  readonly code: NetErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: NetErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'NetError';
    this.code = code;
    this.details = details;
  }
}
