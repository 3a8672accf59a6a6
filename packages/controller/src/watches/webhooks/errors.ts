/** The details of each error of a webhook, by code. */
export interface WebhookErrorDetails {
  /** The URL cannot be used. */
  readonly badUrl: { readonly reason: string };
  /**
   * The host has no address, or one that is not on the public Internet. Users cannot tell the two apart: they would learn which names exist
   * in the internal zones of the operator's resolver.
   */
  readonly noPublicAddress: { readonly host: string };
  /** No answer came in time. */
  readonly timeout: { readonly milliseconds: number };
  /** The connection failed; `reason` is the code of the system or of TLS where there is one. */
  readonly unreachable: { readonly reason: string };
}
export type WebhookErrorCode = keyof WebhookErrorDetails;

/** Why a request to a webhook was not sent or not answered. */
export class WebhookError<Code extends WebhookErrorCode = WebhookErrorCode> extends Error {
  readonly code: Code;
  readonly details: WebhookErrorDetails[Code];

  constructor(code: Code, message: string, details: WebhookErrorDetails[Code]) {
    super(message);
    this.name = 'WebhookError';
    this.code = code;
    this.details = details;
  }
}
