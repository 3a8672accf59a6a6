import { buildEchoRequest, type IcmpPacket, type Ipv4Address, parseIcmpPacket } from '@revtr/net';
import { type SimParameters, SimulatedInternet, simParameters } from '../src/index.ts';

/** Switches off what makes single packets unpredictable. */
const QUIET = {
  linkLoss: 0,
  perFlowBalancing: 0,
  perPacketBalancing: 0,
  hiddenTunnels: 0,
  visibleTunnels: 0,
  rateLimitedRouter: 0,
  silentRouter: 0,
};

/** A small Internet without chance, with some behaviours changed. */
export function build(changes: Partial<SimParameters> = {}, seed = 21): SimulatedInternet {
  return new SimulatedInternet({ parameters: simParameters('small', seed, { ...QUIET, ...changes }) });
}

/** Sends one packet from `from` and returns what arrives at `at` within ten seconds. */
export async function exchange(
  internet: SimulatedInternet,
  packet: Uint8Array,
  from: Ipv4Address,
  at = from,
): Promise<IcmpPacket[]> {
  const arrived: IcmpPacket[] = [];
  const detach = internet.network.attach(at, (bytes) => arrived.push(parseIcmpPacket(bytes)));
  internet.network.send(packet, from);
  await internet.clock.drive(internet.clock.sleep(10_000));
  detach();
  return arrived;
}

/** An echo request. */
export const echo = (
  source: Ipv4Address,
  destination: Ipv4Address,
  ttl = 64,
  option?: Parameters<typeof buildEchoRequest>[0]['option'],
  payload = Uint8Array.from([1, 2, 3, 4]),
): Uint8Array =>
  buildEchoRequest({
    source,
    destination,
    ttl,
    identifier: 7,
    sequence: 9,
    payload,
    ...(option && { option }),
  });

/** A Record Route option with all slots. */
export const RECORD_ROUTE = { type: 'recordRoute', slots: 9 } as const;

/** What Record Route pings to the first addresses of the hitlist bring back. Default source: the first of the places. */
export async function recordRoutes(
  internet: SimulatedInternet,
  count = 60,
  source = internet.places.sources[0].address,
): Promise<RecordedRoute[]> {
  const { places } = internet;
  const recorded: RecordedRoute[] = [];
  for (const target of places.hitlist.slice(0, count)) {
    const [reply] = await exchange(internet, echo(source, target, 64, RECORD_ROUTE), source);
    if (reply !== undefined) recorded.push({ source, target, stamps: reply.recordRoute });
  }
  return recorded;
}

/** The stamps of one reply; absent when it has no option. */
export interface RecordedRoute {
  readonly source: Ipv4Address;
  readonly target: Ipv4Address;
  readonly stamps: readonly Ipv4Address[] | undefined;
}
