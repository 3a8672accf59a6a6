import type { Hop, MeasurementResult } from '../types.ts';
import { formatAge } from './duration.ts';
import { formatProbability } from './probability.ts';

type StandIn = NonNullable<MeasurementResult['measuredThrough']>;

/** What a stand-in is to the destination. */
const STAND_INS: Readonly<Record<StandIn['scope'], string>> = {
  subnet: 'its neighbour',
  prefix: 'a host of its prefix,',
  network: 'a host of its network,',
};

/** Says that a path was measured to another host than the destination. */
export const standInSentence = ({ scope, address }: StandIn): string =>
  `The destination did not answer; measured through ${STAND_INS[scope]} ${address}.`;

/** Says that a whole path comes from earlier measurements. Their age is counted at the time of this one. */
export const reusedSentence = (
  { oldestAgeMs }: NonNullable<MeasurementResult['reused']>,
  { isProbed }: { /** Whether this measurement sent probes. */ readonly isProbed: boolean },
): string =>
  `From measurements up to ${formatAge(oldestAgeMs)} older than this one${isProbed ? '' : '; nothing was probed'}.`;

/** Says why a network without visible routers is shown, and how probable it is. */
export const hiddenNetworkSentence = ({ confidence }: Pick<NonNullable<Hop['hiddenNetwork']>, 'confidence'>): string =>
  `No router of this network is visible. Relations between networks suggest it: ${formatProbability(confidence)} probable.`;
