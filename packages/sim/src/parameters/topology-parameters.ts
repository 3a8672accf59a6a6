/**
 * How networks, places and routes are laid out. All shares are probabilities from 0 to 1. Where a published measurement gives a
 * value the comment names it; the others are assumptions.
 */
export interface TopologyParameters {
  /** Addresses of a host prefix behind which a host answers pings. */
  readonly hostAnswersPing: number;
  /** Of these, the ones that answer pings with options: 75 % answer RR as seen from outside (IMC 2017), filters included. */
  readonly hostAnswersOptions: number;
  /** Networks that let packets with foreign sources out: 31 % of clients in the Spoofer project (NSDI 2010). */
  readonly spoofingAllowed: number;
  /** Neighbours to which a network announces itself with prepending (traffic engineering). */
  readonly prepending: number;

  /** Traceroute probes like those of RIPE Atlas, as a share of all networks; each in another network. */
  readonly atlasProbeNetworks: number;
  /** Number of vantage points: hosts that send spoofed packets in networks that let them out. */
  readonly vantagePoints: number;
}
