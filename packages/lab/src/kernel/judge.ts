import type { Measurement } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import type { KernelLab } from './kernel-lab.ts';
import { nodeOf } from './topology.ts';
import { trueNodes } from './truth.ts';

/** A router of the true reverse path, or a measured router that is not on it. */
export interface JudgedHop {
  /** Name of the node in the topology, or the measured address when no node has it. */
  readonly node: string;
  readonly verdict: 'right' | 'missing' | 'wrong';
  /** For a measured hop, its technique. For a missing hop, the option of the node that explains it. */
  readonly because: string;
}

/**
 * Compares a measured reverse path with a traceroute from the namespace of the destination, router by router, including the
 * source.
 */
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
      options?.rr === 'off'
        ? 'the router does not stamp'
        : options?.rr === 'drop'
          ? 'the router drops options'
          : 'unknown reason';
    return { node, verdict: 'missing', because: reason };
  });
  const others = measured.filter(({ node }) => !truth.includes(node));
  return [
    ...judged,
    ...others.map(({ node, technique }): JudgedHop => {
      // The traceroute does not show silent routers, so the topology decides.
      const isSilent = topology.nodes.get(node)?.options.ttl === 'silent';
      return { node, verdict: isSilent ? 'right' : 'wrong', because: technique };
    }),
  ];
}

/** Describes a judged path in one line of text. */
export function describeJudgement(destination: string, hops: readonly JudgedHop[]): string {
  const marks = { right: '', missing: ' MISSING', wrong: ' WRONG' };
  return `${destination}: ${hops.map(({ node, verdict, because }) => `${node}${marks[verdict]} (${because})`).join(', ')}`;
}
