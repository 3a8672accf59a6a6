import type { Hop, Trust } from './hop.ts';

/**
 * Trust on a path of the hops of an extension, in order. What probes of a hop show is as certain as that hop: an extension that starts at a hop
 * which is not `measured` shows nothing that is, and nothing behind an assumption is `measured`. A hop that leads back to packets of a
 * measured hop is measured again, whatever lies between.
 *
 * @param anchor hop whose packets, or whose place on a path, showed the extension
 */
export function trustBehind(anchor: Hop, hops: readonly Hop[]): Trust[] {
  let isFounded = anchor.trust === 'measured';
  return hops.map(({ trust }) => {
    const own = isFounded || trust !== 'measured' ? trust : 'inferred';
    isFounded &&= trust !== 'assumed';
    return own;
  });
}

/** `hop` with less trust than `measured`. */
export const asInferred = (hop: Hop): Hop => (hop.trust === 'measured' ? { ...hop, trust: 'inferred' } : hop);
