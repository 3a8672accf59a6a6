import type { AddressFacts, InternetKnowledge } from '@revtr/controller';
import { hostName, publishedPosition, type SimulatedInternet } from '@revtr/sim';

/** Looks up addresses of a simulated Internet: origin networks from its datasets, host names from its DNS, and positions. */
export function simulatedFacts(internet: SimulatedInternet, knowledge: InternetKnowledge): AddressFacts {
  const { vantagePoints, sources, atlasProbes } = internet.places;
  const places = [...vantagePoints, ...sources, ...atlasProbes];
  const addressOf = new Map(places.map(({ hostname, address }) => [hostname, address]));
  const nameOf = new Map(places.map(({ hostname, address }) => [address, hostname]));
  return {
    ipToAs: knowledge.ipToAs,
    aliases: knowledge.aliases,
    relations: knowledge.relations,
    knowsAllRoutes: true,
    positions: {
      source: 'the simulator',
      positionOf: (address) => {
        const found = publishedPosition(internet.topology, address);
        if (found === undefined) return undefined;
        const { latitude, longitude, name: city, country } = found;
        return { latitude, longitude, city, country };
      },
    },
    asName: (asn) => knowledge.network(asn)?.name,
    nameOf: async (address) => nameOf.get(address) ?? hostName(internet.topology, address),
    resolve: async (name) => {
      const address = addressOf.get(name.replace(/\.$/, '').toLowerCase());
      return address === undefined ? [] : [address];
    },
  };
}
