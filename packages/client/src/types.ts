import type { components } from './generated/api.ts';

type Schemas = components['schemas'];

/** A measurement with everything that is known about it. */
export type Measurement = Schemas['Measurement'];
export type MeasurementResult = NonNullable<Measurement['result']>;
export type Hop = MeasurementResult['hops'][number];
export type Batch = Schemas['Batch'];
/** A pair to measure, with its options, as version 1 of the API has them. */
export type RequestedPair = Schemas['RunRevtrRequestInput']['revtrs'][number];
/** The answer of version 1 to a fetch. */
export type RevtrResponse = Schemas['GetRevtrResponse'];

/** A registered source. */
export interface SourceInfo {
  readonly hostname?: string | undefined;
  readonly ip?: string | undefined;
  readonly site?: string | undefined;
}
