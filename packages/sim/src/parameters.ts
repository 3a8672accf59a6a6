import { SimError } from './errors.ts';

/** The named sizes of a simulated Internet. */
export const SIZES = {
  small: { ases: 50, routers: 400 },
  medium: { ases: 1_000, routers: 8_000 },
  large: { ases: 10_000, routers: 60_000 },
} as const;
/** Name of a predefined size. */
export type Size = keyof typeof SIZES;

/**
 * How the simulated Internet behaves. All shares are probabilities from 0 to 1. Where a published measurement gives a
 * value the comment names it (docs/simulator.md compares them with the values of the simulator); the others are assumptions.
 */
export interface SimParameters {
  readonly seed: number;
  readonly ases: number;
  readonly routers: number;

  /** Routers that write the outgoing interface into Record Route. */
  readonly stampEgress: number;
  /** Routers that write the incoming interface. */
  readonly stampIngress: number;
  /** Routers that write their loopback. */
  readonly stampLoopback: number;
  /** Routers that write a private address. The rest forwards without stamping. */
  readonly stampPrivate: number;
  /** Stub networks, transit networks that drop every packet with options. */
  readonly stubDropsOptions: number;
  readonly transitDropsOptions: number;

  /** Routers that send no time-exceeded. */
  readonly silentRouter: number;
  /** Routers whose time-exceeded comes from the loopback instead of the incoming interface. */
  readonly errorFromLoopback: number;
  /** Routers that limit their ICMP errors, and how many a second they send. */
  readonly rateLimitedRouter: number;
  readonly rateLimitPerSecond: number;
  /** Routers that answer a ping, and those among them that answer one with options. */
  readonly routerAnswersPing: number;
  readonly routerAnswersOptions: number;

  /** Addresses of a host prefix behind which a host answers pings. */
  readonly hostAnswersPing: number;
  /** Of these, the ones that answer pings with options: 75 % answer RR as seen from outside (IMC 2017), filters included. */
  readonly hostAnswersOptions: number;
  /** How a destination, host or router, stamps itself: never, twice (on receipt and in the reply); otherwise once. */
  readonly destinationNeverStamps: number;
  readonly destinationStampsTwice: number;

  /** Routers with several equal paths that balance per flow; per packet. The rest uses one path. */
  readonly perFlowBalancing: number;
  readonly perPacketBalancing: number;
  /** Transit networks whose MPLS tunnels hide their inner routers; show them by labels (RFC 4950). */
  readonly hiddenTunnels: number;
  readonly visibleTunnels: number;

  /** Networks that let packets with foreign sources out: 31 % of clients in the Spoofer project (NSDI 2010). */
  readonly spoofingAllowed: number;
  /** Neighbours to which a network announces itself with prepending (traffic engineering). */
  readonly prepending: number;
  /** Probability that a packet is lost on one link. */
  readonly linkLoss: number;

  /** Traceroute probes like those of RIPE Atlas, as a share of all networks; each in another network. */
  readonly atlasProbeNetworks: number;
  /** Vantage points: hosts that send spoofed packets in networks that let them out. */
  readonly vantagePoints: number;
}

const DEFAULTS: Omit<SimParameters, 'seed' | 'ases' | 'routers'> = {
  stampEgress: 0.68,
  stampIngress: 0.08,
  stampLoopback: 0.07,
  stampPrivate: 0.02,
  stubDropsOptions: 0.06,
  transitDropsOptions: 0.01,
  silentRouter: 0.08,
  errorFromLoopback: 0.05,
  rateLimitedRouter: 0.2,
  rateLimitPerSecond: 100,
  routerAnswersPing: 0.9,
  routerAnswersOptions: 0.85,
  hostAnswersPing: 0.5,
  hostAnswersOptions: 0.8,
  destinationNeverStamps: 0.1,
  destinationStampsTwice: 0.1,
  perFlowBalancing: 0.4,
  perPacketBalancing: 0.02,
  hiddenTunnels: 0.12,
  visibleTunnels: 0.12,
  spoofingAllowed: 0.31,
  prepending: 0.05,
  linkLoss: 0.0002,
  atlasProbeNetworks: 0.3,
  vantagePoints: 50,
};

/** The parameters of a named size, with any of them replaced. @throws {SimError} `badParameters` */
export function simParameters(size: Size, seed: number, changes: Partial<SimParameters> = {}): SimParameters {
  const parameters = { ...DEFAULTS, ...SIZES[size], seed, ...changes };
  if (!Number.isSafeInteger(parameters.seed)) throw bad('seed', parameters.seed);
  if (!(parameters.ases >= 10 && parameters.routers >= parameters.ases)) throw bad('ases', parameters.ases);
  for (const [name, value] of Object.entries(parameters)) {
    if (!Number.isFinite(value) || (isShare(name) && (value < 0 || value > 1))) throw bad(name, value);
  }
  return parameters;
}

const COUNTS = ['seed', 'ases', 'routers', 'rateLimitPerSecond', 'vantagePoints'];
const isShare = (name: string): boolean => !COUNTS.includes(name);
const bad = (name: string, value: number): SimError =>
  new SimError('badParameters', `parameter ${name} cannot be ${value}`, { name, value });
