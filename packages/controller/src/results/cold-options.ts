import type { S3Place } from '@revtr/storage';

/** The place of old results: the same for all processes of a cluster. */
export type ColdPlace = { readonly directory: string } | { readonly s3: S3Place };

/** Where old results are, and when they move there. */
export interface ColdOptions {
  readonly place: ColdPlace;
  /** How long results stay in the database after the day on which they were submitted, days. */
  readonly afterDays: number;
}
