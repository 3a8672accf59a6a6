import { type Ipv4Address, specialPurposeOf } from '@revtr/net';
import type { Random } from '@revtr/probing';
import { interfacesTowards, type SimProber, type SimulatedInternet } from '@revtr/sim';
import { share } from '../../statistics/quantiles.ts';
import { compare, type RealismRow } from './figure.ts';

const BOGONS = 'Anghel et al., Martians Among Us, 2025, abstract';
const THIRD_PARTY = 'Marchetta et al., PAM 2013, abstract';
const TRACEROUTES = 600;
const TIMEOUT_MS = 2_000;

/** One router that answered a traceroute, and whether its address leads to another network than that of the interface which the packet came in by. */
interface SeenHop {
  readonly from: Ipv4Address;
  readonly isThirdParty: boolean;
}

/** What traceroutes show that is not the incoming interface of a router: private addresses, and addresses of third networks. */
export async function tracerouteRows(
  internet: SimulatedInternet,
  prober: SimProber,
  targets: readonly Ipv4Address[],
  random: Random,
): Promise<RealismRow[]> {
  const traces: (readonly (SeenHop | undefined)[])[] = [];
  for (let i = 0; i < TRACEROUTES; i++) {
    const { address: sender } = random.pick(internet.places.sources);
    traces.push(await trace(internet, prober, sender, random.pick(targets)));
  }
  const withAny = (name: string): number =>
    share(
      traces.filter((hops) => hops.some((hop) => hop !== undefined && specialPurposeOf(hop.from)?.name === name))
        .length,
      traces.length,
    );
  return [
    compare(['traceroutes with an address of RFC 1918', 0.197, 0.08, 'read'], BOGONS, withAny('Private-Use')),
    compare(['traceroutes with an address of RFC 6598', 0.015, 0.03, 'read'], BOGONS, withAny('Shared Address Space')),
    compare(
      ['links between networks in traceroutes that a third-party address affects', 0.17, 0.08, 'read'],
      THIRD_PARTY,
      affectedLinks(internet, traces),
    ),
  ];
}

/** The routers of one traceroute, in order; `undefined` for silent ones. */
async function trace(
  { clock, topology, truth }: SimulatedInternet,
  prober: SimProber,
  sender: Ipv4Address,
  target: Ipv4Address,
): Promise<(SeenHop | undefined)[]> {
  const request = { type: 'traceroute', sender, target, timeoutMs: TIMEOUT_MS } as const;
  const { hops } = await clock.drive(prober.traceroute(request));
  const { interfaces, routers, networkOf } = topology;
  const path = truth.path(sender, target, clock.now()).routers;
  return hops.map(({ from }) => {
    if (from === undefined || from === target) return undefined;
    const router = truth.routerOf(from);
    const before = path[path.indexOf(router) - 1];
    const incoming = before === undefined ? undefined : interfacesTowards(topology, router, before).at(-1);
    const own = incoming === undefined ? routers.network[router] : networkOf.lookup(interfaces.address[incoming]);
    const origin = networkOf.lookup(from);
    return { from, isThirdParty: router >= 0 && origin !== own && origin !== routers.network[router] };
  });
}

/** Share of the different pairs of neighbouring networks, by the addresses of consecutive hops, that rest on a third-party address once. */
function affectedLinks(
  { topology: { networkOf } }: SimulatedInternet,
  traces: readonly (readonly (SeenHop | undefined)[])[],
): number {
  const links = new Map<string, boolean>();
  for (const hops of traces) {
    hops.forEach((hop, i) => {
      const before = hops[i - 1];
      if (hop === undefined || before === undefined) return;
      const [a, b] = [networkOf.lookup(before.from), networkOf.lookup(hop.from)];
      if (a < 0 || b < 0 || a === b) return;
      const link = `${a} ${b}`;
      links.set(link, (links.get(link) ?? false) || before.isThirdParty || hop.isThirdParty);
    });
  }
  return share([...links.values()].filter(Boolean).length, links.size);
}
