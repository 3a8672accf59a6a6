import type { Hop, Trust } from './hop.ts';

/** Whether the hops behind this one rest on something that no probe has shown of the destination's own packets. */
export const isAssumption = ({ trust, isFromStandIn }: Hop): boolean => trust === 'assumed' || isFromStandIn === true;

/** Trust of a hop on a path: nothing behind an assumption is `measured`. */
export const trustBehind = (restsOnAssumption: boolean, trust: Trust): Trust =>
  restsOnAssumption && trust === 'measured' ? 'inferred' : trust;
