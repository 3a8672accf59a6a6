/**
 * How routers, networks and hosts treat packets. All shares are probabilities from 0 to 1. Where a published measurement gives a
 * value the comment names it; the others are assumptions.
 */
export interface ForwardingParameters {
  /** Routers that write the outgoing interface into Record Route. Assumption; most routers do (SIGCOMM 2008). */
  readonly stampEgress: number;
  /** Routers that write the incoming interface. Assumption. */
  readonly stampIngress: number;
  /** Routers that write their loopback. Assumption. */
  readonly stampLoopback: number;
  /** Routers that write a private address that no other router has. Assumption. The rest forwards without stamping. */
  readonly stampPrivate: number;
  /**
   * Routers that write one of {@link sharedPrivatePool} addresses of RFC 1918 or RFC 6598, which unrelated routers write too; half of them also
   * send time-exceeded from it. Assumption: no published share.
   */
  readonly sharedPrivateStamps: number;
  /** Number of different shared private addresses. Assumption. */
  readonly sharedPrivatePool: number;
  /** Routers that write the outgoing interface for packets from some interfaces and the incoming one for packets from others. Assumption. */
  readonly stampsByDirection: number;
  /** Routers that write two addresses when they forward: that of {@link stampEgress} and its like, and the incoming interface. Assumption. */
  readonly transitStampsTwice: number;
  /**
   * Routers that write one address twice when they forward. Assumption: no publication names a share. Reverse
   * traceroute takes a repeated address for the turn of the packet, so results depend on this share: `evaluate:sensitivity` varies it.
   */
  readonly transitRepeatsStamp: number;

  /** Stub networks other than enterprises that drop every packet with options. 91 % of such drops are in the first or last network (Fonseca et al. 2005). */
  readonly stubDropsOptions: number;
  /** The same for enterprises, which answer Record Route in fewer prefixes than others: 68 % instead of 76 % (IMC 2017, table 1). */
  readonly enterpriseDropsOptions: number;
  /** Transit networks that drop every packet with options; they drop very little (Fonseca et al. 2005). */
  readonly transitDropsOptions: number;
  /** Networks that remove the options from packets of their hosts, as Google Compute does (IMC 2017, section 3.6). The share is an assumption. */
  readonly optionsStripped: number;
  /** Networks with providers whose border routers overwrite recorded addresses with 0.0.0.0. Assumption. */
  readonly optionsRewritten: number;
  /**
   * Routers that forward packets with options on a slow path, which has its own rate limit, delay and loss. Fitted: such packets take 7 to 26 %
   * longer (Rossi and Welzl, 2003 and 2004), and 8 of 79 vantage points lose much at 100 packets a second (IMC 2017, figure 4).
   */
  readonly optionsSlowPath: number;
  /** Packets with options a second that the strictest slow paths forward: 10 to 20 (IMC 2017). Others forward up to 100 times as many. */
  readonly optionsSlowPathPerSecond: number;
  /** Packets with options that a slow path loses below its rate limit. Fitted: 5 to 8 % of single Record Route pings of known responders stay unanswered (IMC 2017, section 4.2). */
  readonly optionsSlowPathLoss: number;
  /** Load balancers that choose the path of a packet with options by its addresses alone. Assumption; that some treat them differently is reported without a share (NSDI 2010). */
  readonly balancesOptionsByAddress: number;

  /** Routers that send no time-exceeded. Assumption. */
  readonly silentRouter: number;
  /** Routers whose time-exceeded comes from the loopback instead of the incoming interface. Assumption. */
  readonly errorFromLoopback: number;
  /**
   * Routers whose time-exceeded comes from the interface towards the source of the packet (RFC 1812, section 4.3.2.4), which is a third-party
   * address where the way back differs. Fitted: about 17 % of the links between networks in traceroutes are affected (Marchetta et al., PAM 2013).
   */
  readonly errorFromEgress: number;
  /** Routers that limit their ICMP errors. Assumption. */
  readonly rateLimitedRouter: number;
  /** ICMP errors a second that a limited router sends. Assumption. */
  readonly rateLimitPerSecond: number;
  /** Routers that answer a ping. Assumption. */
  readonly routerAnswersPing: number;
  /** Of these, the routers that answer one with options. Assumption. */
  readonly routerAnswersOptions: number;
  /**
   * Routers whose errors and echo replies both start with TTL 64, and with 128; routers whose errors start with 255 and echo replies with 64. The
   * others use 255 for both. The four classes are published (Vanaubel et al., IMC 2013); the shares are assumptions.
   */
  readonly routersOfTtl64: number;
  readonly routersOfTtl128: number;
  readonly routersOfEchoTtl64: number;
  /** Hosts whose packets start with TTL 128 and with 255; the others use 64. Assumption. */
  readonly hostsOfTtl128: number;
  readonly hostsOfTtl255: number;
  /** How a destination, host or router, stamps itself: never, twice (on receipt and in the reply); otherwise once. */
  readonly destinationNeverStamps: number;
  readonly destinationStampsTwice: number;
  /** Destinations that stamp another of their addresses. 5.7 % of those out of reach, a lower bound (IMC 2017). */
  readonly destinationStampsAlias: number;

  /**
   * Routers with several equal paths that balance per flow; per packet, which is rare; and by source and destination address. The rest uses one
   * path. Fitted: flows of 39 % of pairs of hosts take several paths, and 70 % of pairs of host and network have several (Augustin et al.,
   * IMC 2007).
   */
  readonly perFlowBalancing: number;
  readonly perPacketBalancing: number;
  readonly perAddressBalancing: number;
  /**
   * Transit networks whose MPLS tunnels hide their inner routers; show them by labels (RFC 4950). At least 30 % of paths cross a tunnel, and those
   * without labels are up to half as many as the others (Donnet et al., CCR 2012).
   */
  readonly hiddenTunnels: number;
  readonly visibleTunnels: number;
  /** Transit networks that tunnel packets to exits which are not the closest ones. Assumption; 1.3 % of routers have next hops in several networks, some because of tunnels (Flach et al., IMC 2012). */
  readonly reroutingTunnels: number;

  /** Stub networks with a NAT in front of each host that answers pings: the share of such networks is an assumption. */
  readonly natNetworks: number;
  /** Stub networks whose hosts are behind a carrier-grade NAT: 4,100 of about 55,000 networks (Livadariu et al., INFOCOM 2018). */
  readonly carrierGradeNat: number;

  /** Packets that are lost on one link that is not congested. Assumption, as are congestion and reordering; together they lose 1.5 % of pings. */
  readonly linkLoss: number;
  /** Packets that take a slower one of the parallel lanes of a link and arrive behind later ones. Assumption. */
  readonly reordering: number;
  /** Directions of links that are congested in a minute. Assumption. */
  readonly congestedLinks: number;
  /** Packets that a congested link loses. Assumption. */
  readonly congestedLinkLoss: number;
  /** Scale of the delay that hosts add to their answers: 1 as published (Padmanabhan et al., IMC 2015), 0 for none. */
  readonly hostDelay: number;
  /** 1: limits of ICMP errors see packets in order of arrival. 0: in order of sending, which is faster. */
  readonly limitsByArrival: number;
}
