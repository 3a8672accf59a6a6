import {
  AliasSets,
  Atlas,
  collectAtlas,
  DistanceRanking,
  defaultPlan,
  PrefixOrigins,
  ReverseTracerouteEngine,
  surveyDistances,
} from '@revtr/engine';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { type Clock, TargetPolicy } from '@revtr/probing';
import { ScamperProber } from '@revtr/scamper';
import type { KernelLab } from './kernel-lab.ts';
import type { LabScampers } from './scampers.ts';
import { addressesOf, nodeOf } from './topology.ts';

/** Addresses of nodes with a role. */
export function hostsOf(lab: KernelLab, role: string): Ipv4Address[] {
  return [...lab.topology.nodes].flatMap(([node, { role: own }]) =>
    own === role ? [addressesOf(lab.topology, node)[0]] : [],
  );
}

/** What is known about a lab before it is probed: the aliases of its routers and who announces what, as its file says. */
export function labFacts({ topology }: KernelLab): { readonly aliases: AliasSets; readonly ipToAs: PrefixOrigins } {
  const aliases = new AliasSets([...topology.nodes.keys()].map((node) => addressesOf(topology, node)));
  return { aliases, ipToAs: new PrefixOrigins(topology.origins) };
}

/** Surveys, collects an atlas for each source, and makes an engine that measures the lab with the real scamper. */
export async function prepareEngine(
  { lab, scampers }: { readonly lab: KernelLab; readonly scampers: LabScampers },
  collaborators: { readonly clock: Clock; readonly targetPolicy: TargetPolicy },
): Promise<ReverseTracerouteEngine> {
  const { clock, targetPolicy } = collaborators;
  const { aliases, ipToAs } = labFacts(lab);
  const prober = new ScamperProber({ drivers: scampers.drivers }, { clock });
  const [vantagePoints, targets, sources] = [hostsOf(lab, 'vp'), hostsOf(lab, 'destination'), hostsOf(lab, 'source')];
  const facts = { aliases, ipToAs, useHeuristics: true };
  const ranking = new DistanceRanking({ vantagePoints }, { ipToAs });
  const common = { concurrency: 10, timeoutMs: 1_000 };
  await surveyDistances(
    { vantagePoints: [...vantagePoints, ...sources], targets, ...common },
    { prober, ranking, facts },
  );
  const atlas = new Atlas(aliases);
  for (const source of sources) {
    await collectAtlas(
      { source, origins: vantagePoints, spoofersPerHop: 1, ...common },
      { prober, atlas, ranking, facts },
    );
  }
  const mayProbe = (address: Ipv4Address): boolean => targetPolicy.mayProbe(address);
  return new ReverseTracerouteEngine(
    { plan: defaultPlan },
    { prober, clock, atlas, ranking, aliases, ipToAs, mayProbe },
  );
}

/** The target policy of a lab: its private addresses exist on this machine alone. */
export function labPolicy(lab: KernelLab): TargetPolicy {
  return new TargetPolicy({ testNetworks: lab.topology.origins.map(({ prefix }) => prefix) });
}

/** The routers that packets from `from` to `to` pass, by a traceroute inside the namespace of `from`. */
export async function trueNodes(lab: KernelLab, from: string, to: Ipv4Address): Promise<(string | undefined)[]> {
  const text = await lab.exec(from, 'scamper', '-O', 'json', '-I', `trace -P icmp-paris -q 1 -w 1 ${formatIpv4(to)}`);
  const trace = text.split('\n').find((line) => line.includes('"type":"trace"')) ?? '{}';
  const addresses = [...trace.matchAll(/"addr":"([\d.]+)"/g)].map(([, address]) => address);
  return addresses.map((address) => nodeOf(lab.topology, parseIpv4(address)));
}
