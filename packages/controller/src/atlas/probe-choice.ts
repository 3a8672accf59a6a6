import type { Random } from '@revtr/probing';
import type { RipeProbe } from '@revtr/ripe-atlas';

export interface ProbeChoiceOptions {
  readonly count: number;
  /** Probes that were useful before. They come first. */
  readonly keep: ReadonlySet<number>;
  /** Probes that added nothing before. They come last. */
  readonly avoid: ReadonlySet<number>;
}

/**
 * Chooses probes for traceroutes to a source with the greatest diversity: first the probes to keep, then one in each network, anchors
 * before others, then one in each place of a network, then the rest.
 */
export function chooseProbes(probes: readonly RipeProbe[], options: ProbeChoiceOptions, random: Random): RipeProbe[] {
  const usable = random.shuffle(probes.filter(({ isConnected, asn }) => isConnected && asn !== null));
  const inOrder = [...usable].sort((a, b) => Number(b.isAnchor) - Number(a.isAnchor));
  const networks = new Set<string>();
  const places = new Set<string>();
  const ranked = inOrder.map((probe) => {
    const [network, place] = [`${probe.asn}`, `${probe.asn} ${placeOf(probe)}`];
    const isNewNetwork = !networks.has(network);
    const isNewPlace = !places.has(place);
    networks.add(network);
    places.add(place);
    const diversity = isNewNetwork ? 1 : isNewPlace ? 2 : 3;
    const rank = options.keep.has(probe.id) ? 0 : options.avoid.has(probe.id) ? 4 : diversity;
    return { probe, rank };
  });
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, options.count).map(({ probe }) => probe);
}

/** Probes within about a degree of each other are in one place. */
const placeOf = ({ place, country }: RipeProbe): string =>
  place === null ? (country ?? '') : `${Math.round(place.latitude)} ${Math.round(place.longitude)}`;
