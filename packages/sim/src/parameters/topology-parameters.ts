/**
 * How networks, places and routes are laid out. All shares are probabilities from 0 to 1. Where a published measurement gives a
 * value the comment names it; the others are assumptions.
 */
export interface TopologyParameters {
  /** Prefixes with hosts that answer pings: 76 % of those of access networks, 84 % of those of the others (IMC 2017, table 1). */
  readonly accessPrefixAnswersPing: number;
  readonly otherPrefixAnswersPing: number;
  /** Of these, the prefixes whose hosts do not drop options: with filters, 75 % answer Record Route from outside (IMC 2017). */
  readonly prefixAnswersOptions: number;
  /** Addresses of such a prefix behind which a host answers pings. Assumption. */
  readonly hostAnswersPing: number;
  /** Of these, the ones that answer pings with options. Assumption. */
  readonly hostAnswersOptions: number;
  /**
   * Host prefixes of a transit network for each geometric mean of its routers and neighbours; with 0, two to seven for each transit network. Networks with customers have 63 %
   * of the prefixes that answer Record Route (January 2019).
   */
  readonly transitPrefixesPerRouter: number;
  /** Host prefixes whose gateway has another address than the first. Assumption. */
  readonly gatewaysAnywhere: number;
  /** /24s whose halves are behind different routers. Assumption. */
  readonly splitPrefixes: number;

  /** Stub networks that let packets with foreign sources out: 31 % of clients (NSDI 2010), at least a quarter of all networks (CCS 2019). */
  readonly spoofingAllowed: number;
  /** Transit networks that do, because customers may send from any address. Assumption. */
  readonly transitSpoofingAllowed: number;
  /** Networks in which some routers may forward without stamping: 2 % (IMC 2017, section 3.5). In the others all routers stamp. */
  readonly sometimesStamps: number;
  /** Networks whose routers all stamp the same kind of address. Assumption. */
  readonly uniformStamps: number;

  /** /24s of hosts that their network announces in addition to its block. Assumption. */
  readonly announcedPrefixes: number;
  /** Announced prefixes that several networks announce: 0.11 % of the /24s (anycast census, December 2024). */
  readonly anycastPrefixes: number;
  /** Announced prefixes that a network withholds from some of its providers. Assumption. */
  readonly selectiveAnnouncements: number;
  /** Announced prefixes for which other networks break ties between routes otherwise than for the rest of the network. Assumption. */
  readonly perPrefixPolicies: number;
  /** Links between a provider and a customer that have addresses of the customer. Assumption. */
  readonly customerNumberedLinks: number;

  /** Links off the access lines that fail in a day. Tied to paths that change within a day: 26 % (NSDI 2010). */
  readonly linkFailuresPerDay: number;
  /** How long they fail, in the mean, minutes. Assumption. */
  readonly linkFailureMinutes: number;

  /** Neighbours to which a network announces itself with prepending (traffic engineering). */
  readonly prepending: number;
  /** Of these providers, the ones that the network also avoids for what it sends, because they are its backup. Tied to symmetry. */
  readonly backupProviders: number;
  /** Customers and peers that treat the routes of a network as longer than they are. Assumption. */
  readonly unequalPreferences: number;
  /**
   * Networks whose routers each use the closest of the neighbours that offer equally good routes (RFC 4271, section 9.1.2.2); the others use one neighbour
   * in the whole network.
   */
  readonly closestExits: number;
  /** Of these others, the networks that use the neighbour with the lowest number, as routers do in the end; the rest has an order of its own. Shares of all networks. Tied to symmetry. */
  readonly lowestNumbers: number;
  /** How many times more peers transit and content networks have than in a strict hierarchy. Tied to the number of networks on paths. */
  readonly peering: number;
  /** How many times more often a network chooses a provider of its own region than one of another region. Tied to round-trip times. */
  readonly regionalProviders: number;
  /** The same for peers. */
  readonly regionalPeers: number;
  /** Networks without providers that are in large cities of all regions, not in those nearest to their home. Tied to round-trip times. */
  readonly globalBackbones: number;
  /** Routers in each city of a network without providers, in the mean. Tied to round-trip times. */
  readonly backboneCityRouters: number;
  /** Cities of a network that are hubs, which are all connected to each other and to the other cities; with 0, cities form a tree. Tied to path lengths. */
  readonly hubs: number;
  /** Most core routers of a network with customers in one city; half of the routers there, but at least two, when there are four. Tied to symmetry. */
  readonly coreRouters: number;
  /** Host prefixes of networks with customers that are directly behind a core router, in data centres. Tied to Record Route distances. */
  readonly coreHosts: number;
  /** Links to other networks that end at a core router instead of an edge router. Tied to path lengths. */
  readonly bordersAtCore: number;
  /** Networks without customers that have several neighbours, and links to them at two routers in turn; the others use one router. Tied to symmetry. */
  readonly separateBorders: number;
  /** Edge routers that prefer one of their two core routers in both directions; the others use both alike. Tied to symmetry. */
  readonly unequalUplinks: number;
  /** Links between core routers of two cities, and between networks, whose costs differ by direction. Tied to symmetry. */
  readonly asymmetricCosts: number;
  /** Networks with long access lines. Tied to Record Route distances: 33 % of destinations are beyond nine hops (IMC 2017). */
  readonly deepAccess: number;
  /** Routers on a long access line, in the mean. Tied to Record Route distances. */
  readonly accessDepth: number;
  /** Cities common to two neighbours in which they meet; with 0, a random number of them. Tied to path lengths. */
  readonly meetingPlaces: number;
  /** Meeting places of two networks with customers that have a second link, between other routers; as many of these have a third one, and so on up to four. Tied to symmetry. */
  readonly parallelLinks: number;
  /** The same where one of the networks has no customers. Tied to symmetry. */
  readonly stubParallelLinks: number;

  /** Networks with probes like those of RIPE Atlas: 5.6 % (January 2019). */
  readonly atlasProbeNetworks: number;
  /** How much more often a network with a customer cone of ten has a probe than one without customers: 7 times (January 2019). */
  readonly atlasConeBias: number;
  /** Probes beyond the first of each network that has any, in the mean: 1.9 (January 2019). */
  readonly atlasFurtherProbes: number;
  /** Number of vantage points: hosts that send spoofed packets in networks that let them out. */
  readonly vantagePoints: number;
  /** 1: sources may be behind any router. 0: only near the core routers of their network. */
  readonly deepSources: number;
  /** Vantage points in transit networks of large cities, several in one city or network, as those of M-Lab; the others are anywhere. */
  readonly wellConnectedVantagePoints: number;
  /** Networks that host these: the transit networks with the largest customer cones that let spoofed packets out. Tied to Record Route distances. */
  readonly vantagePointNetworks: number;
}
