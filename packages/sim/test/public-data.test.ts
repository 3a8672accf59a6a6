import { describe, expect, it } from 'vitest';
import { generateTopology, publishData, Relation, simParameters } from '../src/index.ts';

const EXACT = { missingRelations: 0, wrongTransitRelations: 0, wrongPeerings: 0 };
const parameters = simParameters('medium', 41, EXACT, 'published');
const topology = generateTopology(parameters);
const { adjacencies, networks } = topology;

/** What `a` is to `b` in truth: a provider, a peer, or a customer. */
const truth = new Map<string, number>();
for (let network = 0; network < networks.count; network++) {
  for (let i = adjacencies.first[network]; i < adjacencies.first[network + 1]; i++) {
    const neighbour = adjacencies.neighbour[i];
    truth.set(`${networks.numbers[network]} ${networks.numbers[neighbour]}`, adjacencies.relation[i]);
  }
}

/** The published relations, and how many of those of peers and of providers are wrong. */
function inferences(changes: Partial<typeof EXACT>) {
  const { relations } = publishData(topology, { ...parameters, ...changes });
  const count = { peers: 0, wrongPeers: 0, providers: 0, wrongProviders: 0 };
  for (const { a, b, isPeering } of relations) {
    const isPeer = truth.get(`${a} ${b}`) === Relation.peer;
    count[isPeer ? 'peers' : 'providers']++;
    if (isPeer !== isPeering) count[isPeer ? 'wrongPeers' : 'wrongProviders']++;
    else if (!isPeer) expect(truth.get(`${a} ${b}`)).toBe(Relation.customer);
  }
  return { relations, ...count };
}

describe('published relations', () => {
  it('are those of the networks if none is missing or wrong', () => {
    const { relations, wrongPeers, wrongProviders } = inferences({});
    expect(2 * relations.length).toBe(truth.size);
    expect([wrongPeers, wrongProviders]).toEqual([0, 0]);
  });

  it('are wrong at the given shares', () => {
    const { peers, wrongPeers, providers, wrongProviders } = inferences({
      wrongPeerings: 0.3,
      wrongTransitRelations: 0.1,
    });
    expect(wrongPeers / peers).toBeGreaterThan(0.25);
    expect(wrongPeers / peers).toBeLessThan(0.35);
    expect(wrongProviders / providers).toBeGreaterThan(0.07);
    expect(wrongProviders / providers).toBeLessThan(0.13);
  });

  it('of peers that are inferred as provider and customer name the network with more neighbours as provider', () => {
    const degrees = new Map(
      [...networks.numbers].map((asn, i) => [asn, adjacencies.first[i + 1] - adjacencies.first[i]]),
    );
    const { relations } = inferences({ wrongPeerings: 1 });
    const wrong = relations.filter(({ a, b }) => truth.get(`${a} ${b}`) === Relation.peer);
    expect(wrong.length).toBeGreaterThan(50);
    for (const { a, b } of wrong) expect(degrees.get(a)).toBeGreaterThanOrEqual(degrees.get(b) ?? 0);
  });
});
