import type { Relation, Relations } from '../facts/relations.ts';

/**
 * Costs of assumptions about the borders of networks: negative logarithms of how much rarer something is than the usual case. The rules are
 * those of bdrmap (IMC 2016), MAP-IT (IMC 2016) and bdrmapIT (IMC 2018); the values are round numbers that fit the development seeds.
 */
export const COSTS = {
  /** A path enters another network. */
  border: 0.4,
  /** One of the links of a router leads into another network. */
  borderLink: 0.7,
  /** The two networks of a border are no known neighbours: the relation is missing from the data, or a network between them is hidden. */
  unrelated: 3,
  /** A network that shows no router is assumed, instead of a border between networks that are no neighbours. */
  hidden: 2.5,
  /** The path goes up, or sideways, after it has gone sideways or down (Gao, 2001). */
  valley: 3,
  /** The path returns to the network that it has just left. */
  returns: 5,
  /** The first router of a provider, or of a peer, comes right behind a router of its neighbour that has an address of that neighbour. */
  ownAddressBehindCustomer: 1,
  ownAddressBehindPeer: 0.33,
  /** A Record Route stamp is the address by which the packet entered. */
  incomingStamp: 2.5,
  /** The forward path came to a customer by another provider than the reverse path leaves it. */
  otherProvider: 0.3,
  /** The same, although the next hop of the reverse path is the router before on the forward path. */
  otherProviderBeside: 1.3,
} as const;

/**
 * The cost of an address that a network `origin` announces, on a router of network `owner`, at the end of a link to a router of `other`
 * (`undefined` if unknown). A link between a provider and its customer is numbered by the provider, rarely by the customer; a link between
 * peers by either.
 */
export function addressCost(relations: Relations, origin: number, owner: number, other: number | undefined): number {
  if (origin === owner)
    return other === undefined || other === owner ? 0 : OWN_ADDRESS[relationOf(relations, owner, other)];
  const relation = relationOf(relations, origin, owner);
  if (other === undefined) return ADDRESS_OF_UNSEEN[relation];
  if (origin === other) return ADDRESS_OF_NEIGHBOUR[relation];
  return relation === 'provider' ? 2.5 : 5;
}

type Known = Relation | 'none';

/** The address is the owner's, which is a provider of the other network, and so on. */
const OWN_ADDRESS: Readonly<Record<Known, number>> = { provider: 0, peer: 0.3, customer: 1.3, none: 0 };
/** The address is of the network at the other end, which is a provider of the owner, and so on. */
const ADDRESS_OF_NEIGHBOUR: Readonly<Record<Known, number>> = { provider: 0.15, peer: 0.7, customer: 2.3, none: 3 };
/** The address is of another network, and nothing was seen at the other end. */
const ADDRESS_OF_UNSEEN: Readonly<Record<Known, number>> = { provider: 0.5, peer: 1, customer: 2.3, none: 3.5 };

const relationOf = (relations: Relations, a: number, b: number): Known => relations.relationOf(a, b) ?? 'none';
