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
  /** Routers that write one of {@link sharedPrivatePool} addresses of 10.0.0.0/8 or 100.64.0.0/10, which other routers write too. Assumption. */
  readonly sharedPrivateStamps: number;
  /** Number of different shared private addresses. Assumption. */
  readonly sharedPrivatePool: number;
  /** Routers that write a different address for each direction of one link. Assumption. */
  readonly stampsByDirection: number;
  /** Routers that write two addresses when they forward. Assumption. */
  readonly transitStampsTwice: number;

  /** Stub networks that drop every packet with options. 91 % of such drops are in the first or last network (Fonseca et al. 2005). */
  readonly stubDropsOptions: number;
  /** Transit networks that drop every packet with options; they drop very little (Fonseca et al. 2005). */
  readonly transitDropsOptions: number;
  /** Networks that remove the options from packets of their hosts, as Google Compute does (IMC 2017). Assumption. */
  readonly optionsStripped: number;
  /** Networks whose border routers overwrite recorded addresses. Assumption. */
  readonly optionsRewritten: number;
  /** Routers that forward packets with options on a slow path, which has its own rate limit, delay and loss. Assumption. */
  readonly optionsSlowPath: number;
  /** Packets with options a second that a slow path forwards. 10 to 20 (IMC 2017). */
  readonly optionsSlowPathPerSecond: number;
  /** Packets with options that a slow path loses below its rate limit. 5 to 8 % of answers in all are missing (IMC 2017). */
  readonly optionsSlowPathLoss: number;
  /** Load balancers that choose the path of a packet with options by its addresses alone. Assumption. */
  readonly balancesOptionsByAddress: number;

  /** Routers that send no time-exceeded. Assumption. */
  readonly silentRouter: number;
  /** Routers whose time-exceeded comes from the loopback instead of the incoming interface. Assumption. */
  readonly errorFromLoopback: number;
  /** Routers that limit their ICMP errors. Assumption. */
  readonly rateLimitedRouter: number;
  /** ICMP errors a second that a limited router sends. Assumption. */
  readonly rateLimitPerSecond: number;
  /** Routers that answer a ping. Assumption. */
  readonly routerAnswersPing: number;
  /** Of these, the routers that answer one with options. Assumption. */
  readonly routerAnswersOptions: number;
  /** How a destination, host or router, stamps itself: never, twice (on receipt and in the reply); otherwise once. */
  readonly destinationNeverStamps: number;
  readonly destinationStampsTwice: number;

  /** Routers with several equal paths that balance per flow; per packet. The rest uses one path. */
  readonly perFlowBalancing: number;
  readonly perPacketBalancing: number;
  /** Transit networks whose MPLS tunnels hide their inner routers; show them by labels (RFC 4950). */
  readonly hiddenTunnels: number;
  readonly visibleTunnels: number;

  /** Stub networks whose hosts are behind a NAT with one public address for each host prefix. Assumption. */
  readonly natNetworks: number;
  /** Stub networks whose hosts are behind a carrier-grade NAT: 4,100 of about 55,000 networks (INFOCOM 2018). */
  readonly carrierGradeNat: number;

  /** Packets that are lost on one link. Assumption. */
  readonly linkLoss: number;
  /** Packets that one link delays behind the packets sent after them. Assumption. */
  readonly reordering: number;
}
