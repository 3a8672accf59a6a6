/** Error codes of campaigns on the demo and the details of each. Codes are stable. */
export interface CampaignErrorDetails {
  /** The disk is too small. Bytes. */
  readonly noSpace: { readonly needed: number; readonly free: number };
  /** No result arrived for a long time. */
  readonly stalled: { readonly results: number; readonly seconds: number };
  /** A program failed. */
  readonly programFailed: { readonly program: string; readonly output: string };
  /** The campaign was stopped. */
  readonly stopped: Readonly<Record<never, never>>;
}
export type CampaignErrorCode = keyof CampaignErrorDetails;

/** The error class of campaigns on the demo. */
export class CampaignError<Code extends CampaignErrorCode = CampaignErrorCode> extends Error {
  readonly code: Code;
  readonly details: CampaignErrorDetails[Code];

  constructor(code: Code, message: string, details: CampaignErrorDetails[Code]) {
    super(message);
    this.name = 'CampaignError';
    this.code = code;
    this.details = details;
  }
}
