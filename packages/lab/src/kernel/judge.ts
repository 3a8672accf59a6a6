import type { Measurement } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import type { KernelLab } from './kernel-lab.ts';
import { nodeOf } from './topology.ts';
import { trueNodes } from './truth.ts';

/** One router of the true way back, or one that was measured and is not on it. */
export interface JudgedHop {
  readonly node: string;
  readonly verdict: 'right' | 'missing' | 'wrong';
  /** How a measured hop was found; why a missing one is missing, as far as the topology tells. */
  readonly because: string;
}

/** Compares a measured path with a traceroute inside the destination's namespace, router by router, the source included. */
export async function judge(lab: KernelLab, { source, destination, result }: Measurement): Promise<JudgedHop[]> {
  const { topology } = lab;
  const answered = await trueNodes(lab, nodeOf(topology, parseIpv4(destination)) ?? '', parseIpv4(source));
  const truth = answered.map((node) => node ?? 'an unknown router');
  const measured = (result?.hops ?? []).slice(1).map(({ address, technique }) => ({
    node: nodeOf(topology, parseIpv4(address)) ?? address,
    technique,
  }));
  const judged = truth.map((node): JudgedHop => {
    const hop = measured.find((candidate) => candidate.node === node);
    if (hop !== undefined) return { node, verdict: 'right', because: hop.technique };
    const options = topology.nodes.get(node)?.options;
    const reason =
      options?.rr === 'off' ? 'it does not stamp' : options?.rr === 'drop' ? 'it drops options' : 'for no known reason';
    return { node, verdict: 'missing', because: reason };
  });
  const others = measured.filter(({ node }) => !truth.includes(node));
  return [
    ...judged,
    ...others.map(({ node, technique }): JudgedHop => {
      // A traceroute does not show routers that are silent; the topology tells which ones are.
      const isSilent = topology.nodes.get(node)?.options.ttl === 'silent';
      return { node, verdict: isSilent ? 'right' : 'wrong', because: technique };
    }),
  ];
}

/** A line for people. */
export function describeJudgement(destination: string, hops: readonly JudgedHop[]): string {
  const marks = { right: '', missing: ' MISSING', wrong: ' WRONG' };
  return `${destination}: ${hops.map(({ node, verdict, because }) => `${node}${marks[verdict]} (${because})`).join(', ')}`;
}
