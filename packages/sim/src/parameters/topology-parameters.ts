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
  /** Host prefixes whose gateway has another address than the first. Assumption. */
  readonly gatewaysAnywhere: number;
  /** /24s whose halves are behind different routers. Assumption. */
  readonly splitPrefixes: number;

  /** Networks that let packets with foreign sources out: 31 % of clients in the Spoofer project (NSDI 2010). */
  readonly spoofingAllowed: number;
  /** Networks in which some routers may forward without stamping: 2 % (IMC 2017, section 3.5). In the others all routers stamp. */
  readonly sometimesStamps: number;
  /** Networks whose routers all stamp the same kind of address. Assumption. */
  readonly uniformStamps: number;

  /** Neighbours to which a network announces itself with prepending (traffic engineering). */
  readonly prepending: number;
  /** Customers and peers that treat the routes of a network as longer than they are. Assumption. */
  readonly unequalPreferences: number;
  /** Inner links whose costs differ by direction. Assumption. */
  readonly asymmetricCosts: number;
  /** Routers of a stub network that hang behind the one before them, which makes its access lines deep. Tied to Record Route distances (IMC 2017). */
  readonly accessDepth: number;

  /** Networks with probes like those of RIPE Atlas: 5.6 % (January 2019). */
  readonly atlasProbeNetworks: number;
  /** How much more often a network with a customer cone of ten has a probe than one without customers: 7 times (January 2019). */
  readonly atlasConeBias: number;
  /** Probes beyond the first of each network that has any, in the mean: 1.9 (January 2019). */
  readonly atlasFurtherProbes: number;
  /** Number of vantage points: hosts that send spoofed packets in networks that let them out. */
  readonly vantagePoints: number;
  /** Vantage points in transit networks of large cities, several in one city or network, as those of M-Lab; the others are anywhere. */
  readonly wellConnectedVantagePoints: number;
}
