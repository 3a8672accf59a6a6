import type { BatchEvent, Measurement } from '@revtr/client';

/** What a measurement does at the moment, and since when (`performance.now()`). */
export interface Activity extends Pick<Extract<BatchEvent, { type: 'trying' }>, 'technique' | 'hop' | 'vantagePoints'> {
  readonly since: number;
}

const TEXTS: Readonly<Record<string, (hop: string) => string>> = {
  atlas: (hop) => `Looking for ${hop} in the atlas`,
  knownPath: (hop) => `Looking for ${hop} in earlier measurements`,
  otherAnswers: (hop) => `Reading answers of other probes that passed ${hop}`,
  recordRoute: (hop) => `Sending a Record Route ping from the source to ${hop}`,
  spoofedRecordRoute: (hop) => `Choosing vantage points near ${hop}`,
  nearbyAddress: (hop) => `Asking a neighbour of ${hop}`,
  proxyPath: (hop) => `Following the path of a host near ${hop}`,
  timestamp: (hop) => `Sending timestamp pings to ${hop}`,
  assumedSymmetry: (hop) => `Tracing the forward path to ${hop}, whose last link may be that of the way back`,
  roundTripTimes: () => 'The path is complete. Measuring round-trip times',
  forwardTraceroute: (hop) => `Measuring the forward path to ${hop}`,
};

/** What a measurement does, for people. `last` is the last hop that was found. */
export function activityText(
  { state, destination }: Measurement,
  activity: Activity | undefined,
  last: string | undefined,
): string {
  if (activity === undefined)
    return state === 'queued' && last === undefined
      ? 'Waiting in the queue'
      : `Looking for the router that packets from ${last ?? destination} pass next`;
  const { technique, hop, vantagePoints } = activity;
  if (vantagePoints !== undefined)
    return `Asking ${vantagePoints} vantage ${vantagePoints === 1 ? 'point' : 'points'} near ${hop}`;
  return Object.hasOwn(TEXTS, technique) ? TEXTS[technique](hop) : `Trying ${technique} at ${hop}`;
}
