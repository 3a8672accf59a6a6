import type { components, paths } from './generated/api.ts';

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

/** An agent of a source or vantage point. */
export type Agent = Schemas['Agent'];
/** An agent with what its tests have shown. */
export type AgentDetails = Schemas['AgentDetails'];
/** An application to host a source. */
export type Application = Schemas['Application'];
export type NewApplication = NonNullable<
  paths['/api/v2/sources/applications']['post']['requestBody']
>['content']['application/json'];
export type Mail = paths['/api/v2/mails']['get']['responses'][200]['content']['application/json']['mails'][number];
export type OptOut =
  paths['/api/v2/opt-outs']['get']['responses'][200]['content']['application/json']['optOuts'][number];
/** The atlas of a source: what it covers, how old it is, its runs. */
export type Atlas = Schemas['Atlas'];
export type AtlasRun = Schemas['AtlasRun'];
export type AtlasEstimate =
  paths['/api/v2/atlas/{source}/estimate']['get']['responses'][200]['content']['application/json'];
/** A dataset: the one in use, and why the last try to replace it failed. */
export type Dataset = Schemas['Dataset'];
