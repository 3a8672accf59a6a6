import type { Hop, Measurement } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import type { KernelLab } from '../network/kernel-lab.ts';
import { nodesOf } from '../topology/addresses.ts';
import { possibleNodes } from './possible-paths.ts';
import { traceroute } from './truth.ts';

/** The true path from a destination back to a source. */
export interface TruePath {
  /** The nodes that have the destination address. */
  readonly destinations: readonly string[];
  /** Routers that answered a traceroute from the destination, by name, in order; an address where no node has it. */
  readonly answered: readonly string[];
  /** All routers that packets of any flow may pass. */
  readonly possible: ReadonlySet<string>;
}

/**
 * `right`: the traceroute passed the router, or the only path does. `alternative`: packets of another flow pass it. `wrong`: no
 * packet from the destination to the source passes it. `missing`: a true router that was not measured.
 */
type Verdict = 'right' | 'alternative' | 'wrong' | 'missing';

/** A router of the true reverse path, or a measured router that is not on it. */
export interface JudgedHop {
  /** Name of the node in the topology, or the measured address when no node has it. */
  readonly node: string;
  readonly verdict: Verdict;
  /** The technique of a measured hop. For a missing hop, the option of the node that explains it. */
  readonly because: string;
}

/** A measured hop with its verdict, which is never `missing`. */
export interface JudgedMeasuredHop {
  readonly hop: Hop;
  readonly node: string;
  readonly verdict: Exclude<Verdict, 'missing'>;
}

/** Runs a traceroute in the namespace of the destination, and follows the routes of the topology. @throws {KernelLabError} `commandFailed` */
export async function truePath(lab: KernelLab, destination: string, source: string): Promise<TruePath> {
  const { topology } = lab;
  const nodes = nodesOf(topology, parseIpv4(destination)).filter((node) => !translates(lab, node, destination));
  const to = parseIpv4(source);
  const traces = await Promise.all(nodes.map((node) => traceroute(lab, node, to)));
  const [shortest = []] = traces.sort((a, b) => a.length - b.length);
  const possible = new Set(nodes.flatMap((node) => [...possibleNodes(topology, node, to)]));
  const answered = shortest.map((address) => {
    const owners = nodesOf(topology, address);
    return owners.find((node) => possible.has(node)) ?? owners[0] ?? 'an unknown router';
  });
  return { destinations: nodes, answered, possible };
}

/** Whether the node is the translator of a destination behind it, which answers instead. */
function translates({ topology }: KernelLab, node: string, destination: string): boolean {
  const address = parseIpv4(destination);
  return topology.translations.some(
    ({ at, host, outside }) => at === node && outside === address && host !== undefined,
  );
}

/** Judges each hop behind the destination, including the source. An address of several routers stands for the next of them on the path. */
export function judgeHops(lab: KernelLab, { result }: Measurement, truth: TruePath): JudgedMeasuredHop[] {
  let place = -1;
  return (result?.hops ?? []).slice(1).map((hop) => {
    const owners = nodesOf(lab.topology, parseIpv4(hop.address));
    const ahead = truth.answered.findIndex((node, i) => i > place && owners.includes(node));
    if (ahead >= 0) place = ahead;
    const known = ahead >= 0 ? [truth.answered[ahead]] : owners;
    const onPath = known.find((node) => truth.answered.includes(node) || truth.destinations.includes(node));
    const possible = owners.find((node) => truth.possible.has(node));
    // The traceroute does not show silent routers, so the topology decides.
    const isSilent = possible !== undefined && lab.topology.nodes.get(possible)?.options.ttl === 'silent';
    const verdict = onPath !== undefined || isSilent ? 'right' : possible !== undefined ? 'alternative' : 'wrong';
    return { hop, node: onPath ?? possible ?? owners[0] ?? hop.address, verdict };
  });
}

/** Compares a measured reverse path with the true one, router by router, including the source. */
export async function judge(lab: KernelLab, measurement: Measurement): Promise<JudgedHop[]> {
  const truth = await truePath(lab, measurement.destination, measurement.source);
  const measured = judgeHops(lab, measurement, truth);
  const onPath = truth.answered.map((node): JudgedHop => {
    const found = measured.find((candidate) => candidate.node === node);
    if (found !== undefined) return { node, verdict: 'right', because: found.hop.technique };
    return { node, verdict: 'missing', because: reasonOf(lab.topology.nodes.get(node)?.options.rr) };
  });
  const others = measured.filter(({ node }) => !truth.answered.includes(node));
  return [...onPath, ...others.map(({ node, verdict, hop }) => ({ node, verdict, because: hop.technique }))];
}

function reasonOf(rr: string | undefined): string {
  if (rr === 'off') return 'the router does not stamp';
  return rr === 'drop' ? 'the router drops options' : 'unknown reason';
}

/** Describes a judged path in one line of text. */
export function describeJudgement(destination: string, hops: readonly JudgedHop[]): string {
  const marks = { right: '', missing: ' MISSING', wrong: ' WRONG', alternative: ' ALTERNATIVE' };
  return `${destination}: ${hops.map(({ node, verdict, because }) => `${node}${marks[verdict]} (${because})`).join(', ')}`;
}
