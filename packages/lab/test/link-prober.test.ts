import { inNetworkNamespace, PacketSocket } from '@revtr/linux';
import {
  buildEchoRequest,
  ICMP,
  type Ipv4Address,
  parseIcmpPacket,
  parseIpv4,
  writeIcmp,
  writeIpv4Header,
} from '@revtr/net';
import type { PingRequest } from '@revtr/probing';
import { type ProberEnvironment, proberConformance } from '@revtr/probing/conformance';
import { afterEach, describe, expect, it } from 'vitest';
import { nodeOf } from '../src/kernel/topology/addresses.ts';
import { canRunKernelLab, conformanceFacts, type ScamperLab, startConformanceLab } from './kernel.ts';
import { type LinkedAgents, PROBE_CONTACT, registration, startLinkedAgents } from './linked-agents.ts';

const SOURCE = parseIpv4('10.1.0.1');
const VANTAGE_POINT = parseIpv4('10.104.0.1');
const TARGET = parseIpv4('10.4.0.2');

async function start(
  tamper?: Parameters<typeof startLinkedAgents>[2],
): Promise<{ test: ScamperLab; agents: LinkedAgents }> {
  const test = await startConformanceLab();
  const { topology } = test.lab;
  const hosts = [...test.scampers.drivers].map(([address, driver]) => ({
    address,
    driver,
    namespace: test.lab.namespaceOf(nodeOf(topology, address) ?? ''),
  }));
  const agents = await startLinkedAgents(
    hosts,
    topology.origins.map(({ prefix }) => prefix),
    tamper,
  );
  return { test, agents };
}

async function environment(): Promise<ProberEnvironment> {
  const { test, agents } = await start();
  return {
    ...conformanceFacts(test.lab),
    prober: agents.prober,
    drive: (work) => work,
    stop: async () => {
      await agents.stop();
      await test.down();
    },
  };
}

describe.skipIf(!canRunKernelLab())('with agents', () => {
  proberConformance('agents with scamper among Linux routers', environment);

  describe('spoofing', () => {
    let running: { test: ScamperLab; agents: LinkedAgents } | undefined;
    afterEach(async () => {
      await running?.agents.stop();
      await running?.test.down();
    });
    const spoofed = (claimedSource: Ipv4Address) =>
      ({
        type: 'ping',
        sender: VANTAGE_POINT,
        target: TARGET,
        timeoutMs: 1_000,
        option: { type: 'recordRoute', slots: 9 },
        spoof: { claimedSource, receiver: SOURCE },
      }) as const;

    it('does not hide: all probes carry the contact of their operator, spoofed ones and traceroutes included', async () => {
      running = await start();
      const { test, agents } = running;
      const namespace = test.lab.namespaceOf(nodeOf(test.lab.topology, TARGET) ?? '');
      const socket = inNetworkNamespace(namespace, () =>
        PacketSocket.open({ icmpType: ICMP.echoRequest, direction: 'incoming' }),
      );
      const ping = { type: 'ping', sender: VANTAGE_POINT, target: TARGET, timeoutMs: 1_000 } as const;
      const { spoof } = spoofed(SOURCE);
      const options: PingRequest['option'][] = [
        undefined,
        { type: 'recordRoute', slots: 9 },
        { type: 'timestamp', form: 'prespecified', slots: [TARGET, VANTAGE_POINT] },
      ];
      try {
        for (const option of options) {
          const request = { ...ping, ...(option && { option }) };
          expect((await agents.prober.ping(request)).reply).toBeDefined();
          expect((await agents.prober.ping({ ...request, spoof })).reply).toBeDefined();
        }
        await agents.prober.traceroute({ ...ping, type: 'traceroute' });
        const payloads: string[] = [];
        socket.drain((packet) => payloads.push(Buffer.from(parseIcmpPacket(packet).payload).toString('latin1')));
        expect(payloads.length).toBeGreaterThanOrEqual(7);
        // RFC 9511: a zero byte ends the URI, and precedes it unless the URI begins the payload.
        for (const payload of payloads) expect(`\0${payload}`).toContain(`\0${PROBE_CONTACT}\0`);
      } finally {
        socket.close();
      }
    });

    it('claims only addresses of participating agents', async () => {
      running = await start();
      const { prober, directory } = running.agents;
      expect((await prober.ping(spoofed(SOURCE))).reply).toBeDefined();
      await expect(prober.ping(spoofed(parseIpv4('10.45.0.2')))).rejects.toMatchObject({ code: 'spoofingRefused' });
      await directory.put({ ...registration(SOURCE), state: 'expected' });
      await expect(prober.ping(spoofed(SOURCE))).rejects.toMatchObject({ code: 'unknownReceiver' });
      await directory.put({ ...registration(SOURCE), state: 'ready' });
      await directory.enter(VANTAGE_POINT, 'withdrawn');
      await expect(prober.ping(spoofed(SOURCE))).rejects.toMatchObject({ code: 'unknownSender' });
    });

    it('is not delayed by scamper, which sends probes to one target one after the other', async () => {
      running = await start();
      const { prober } = running.agents;
      // scamper alone gives each a second: only a few would leave in time.
      const request = { ...spoofed(SOURCE), timeoutMs: 5_000 };
      const results = await Promise.all(Array.from({ length: 30 }, () => prober.ping(request)));
      expect(results.filter(({ reply }) => reply === undefined)).toEqual([]);
    });

    it('rejects replies reported by a source that its probe cannot have caused', async () => {
      running = await start((work, outcome) => {
        if (work.kind !== 'catch' || outcome.kind !== 'catch') return outcome;
        const { identifier, sequence } = work.mark;
        // Everything is right but the token, which only the true reply carries.
        const packet = buildEchoRequest({
          source: work.target,
          destination: SOURCE,
          ttl: 60,
          identifier,
          sequence,
          payload: new Uint8Array(16),
        });
        writeIcmp(packet, 20, packet.length, 0, 0, identifier, sequence);
        writeIpv4Header(packet, 0, 20, packet.length, {
          source: work.target,
          destination: SOURCE,
          ttl: 60,
          protocol: 1,
        });
        return { kind: 'catch', packet: Buffer.from(packet).toString('base64') };
      });
      const { prober, forgers } = running.agents;
      expect((await prober.ping(spoofed(SOURCE))).reply).toBeUndefined();
      expect(forgers).toEqual([SOURCE]);
    });
  });
});
