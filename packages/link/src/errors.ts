/** What can go wrong on the link. Codes are stable. */
export type LinkErrorCode =
  /** Bytes that are no message. */
  | 'badMessage'
  /** The other side speaks another version. */
  | 'badProtocol'
  /** A certificate or request that cannot be trusted. */
  | 'badCertificate'
  /** The address is not that of a registered agent, or another than the certificate's. */
  | 'unknownAgent'
  /** The enrolment was refused. */
  | 'enrolmentRefused'
  /** A grant that does not allow the probe. */
  | 'badGrant'
  /** No agent is connected. */
  | 'notConnected'
  /** The other side cannot be reached. */
  | 'unreachable'
  | 'closed';

/** The one error class of the link: a stable code, a sentence for a person, typed details. */
export class LinkError extends Error {
  readonly code: LinkErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: LinkErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}) {
    super(message);
    this.name = 'LinkError';
    this.code = code;
    this.details = details;
  }
}
