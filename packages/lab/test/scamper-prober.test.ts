import { parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { type ProberEnvironment, proberConformance } from '@revtr/probing/conformance';
import { ScamperProber } from '@revtr/scamper';
import { describe } from 'vitest';
import { nodeOf } from '../src/kernel/topology.ts';
import { canRunKernelLab, startScamperLab } from './kernel.ts';

async function start(): Promise<ProberEnvironment> {
  const { lab, scampers, down } = await startScamperLab(({ nodes, links, routes }) => {
    nodes.Q = { role: 'destination' };
    links.push(['R4', 'Q', '10.5.0.0/30']);
    routes.push({ at: 'Q', to: 'default', via: 'R4' });
  });
  await lab.exec('Q', 'sysctl', '-q', '-w', 'net.ipv4.icmp_echo_ignore_all=1');
  const isAt = (address: number, nodes: readonly string[]): boolean =>
    nodes.includes(nodeOf(lab.topology, address) ?? '');
  return {
    prober: new ScamperProber({ drivers: scampers.drivers }, { clock: systemClock }),
    vantagePoint: parseIpv4('10.104.0.1'),
    source: parseIpv4('10.1.0.1'),
    target: parseIpv4('10.4.0.2'),
    silent: parseIpv4('10.5.0.2'),
    stranger: parseIpv4('10.45.0.2'),
    forwardRouters: 1,
    isOnForwardPath: (address) => isAt(address, ['R4']),
    isOnReversePath: (address) => isAt(address, ['R4', 'R5', 'R6', 'R7', 'R8', 'R1', 'S']),
    drive: (work) => work,
    stop: down,
  };
}

describe.skipIf(!canRunKernelLab())('with scamper', () => proberConformance('real scamper among Linux routers', start));
