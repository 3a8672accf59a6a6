import { setTimeout as sleep } from 'node:timers/promises';
import { Listener } from '@revtr/agent';
import { Namespaces } from '@revtr/lab/namespaces';
import { inNetworkNamespace, TunDevice } from '@revtr/linux';
import { buildEchoRequest, parseIpv4, writeIcmp, writeIpv4Header } from '@revtr/net';
import { quantile } from '../statistics/quantiles.ts';

const OWN = parseIpv4('192.0.2.1');
const TARGET = parseIpv4('198.51.100.1');
const SECONDS = 4;
const RATES = [10_000, 50_000, 100_000];
/** One reply in this number is expected by the listener. */
const AWAITED_EVERY = 50;
const BURST_MS = 5;

/**
 * Floods the listener of an agent with echo replies at several rates. Reports the packets seen, the expected replies found with
 * latency quantiles, and the CPU time for each packet. Requires root.
 */
export async function benchListener() {
  const namespaces = new Namespaces({ prefix: `bl${(process.pid % 36 ** 2).toString(36)}` });
  const namespace = namespaces.of('host');
  await namespaces.add(namespace);
  try {
    const device = inNetworkNamespace(namespace, () => TunDevice.open('tun0'));
    await namespaces.exec(namespace, 'ip', 'addr', 'add', '192.0.2.1/32', 'dev', 'tun0');
    await namespaces.exec(namespace, 'ip', 'link', 'set', 'tun0', 'up', 'txqueuelen', '5000');
    const reports = [];
    for (const rate of RATES) {
      const listener = inNetworkNamespace(namespace, () => Listener.start({ senderOnly: false }));
      reports.push(await flood(device, listener, rate));
      listener.stop();
    }
    device.close();
    return reports;
  } finally {
    await namespaces.down();
  }
}

async function flood(device: TunDevice, listener: Listener, rate: number) {
  const total = rate * SECONDS;
  const found: number[] = [];
  let [awaited, sent, sendingMs] = [0, 0, 0];
  const before = process.cpuUsage();
  const begunAt = performance.now();
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begunAt) / 1000) * rate));
    const burstAt = performance.now();
    for (; sent < due; sent++) {
      const mark = { identifier: sent >>> 16, sequence: sent & 0xffff, token: '0123456789abcdef' };
      if (sent % AWAITED_EVERY === 0) {
        awaited++;
        const sentAt = performance.now();
        listener.replies?.expect({ target: TARGET, mark }, 2_000).then((reply) => {
          if (reply !== undefined) found.push(performance.now() - sentAt);
        });
      }
      device.write(replyWith(mark.identifier, mark.sequence));
    }
    sendingMs += performance.now() - burstAt;
    await sleep(BURST_MS);
  }
  await sleep(500);
  const { user, system } = process.cpuUsage(before);
  const seen = listener.replies?.counts.seen ?? 0;
  return {
    packetsPerSecond: rate,
    offered: total,
    seen,
    dropped: listener.dropped,
    awaited,
    found: found.length,
    foundAfterMs: { p50: quantile(found, 0.5), p99: quantile(found, 0.99) },
    microsecondsPerPacket: (user + system - sendingMs * 1000) / seen,
  };
}

const PAYLOAD = Buffer.concat([Buffer.alloc(4), Buffer.from('0123456789abcdef', 'hex')]);

function replyWith(identifier: number, sequence: number): Uint8Array {
  const option = { type: 'recordRoute', slots: 9 } as const;
  const packet = buildEchoRequest({
    source: TARGET,
    destination: OWN,
    ttl: 60,
    identifier,
    sequence,
    payload: PAYLOAD,
    option,
  });
  writeIcmp(packet, 60, packet.length, 0, 0, identifier, sequence);
  writeIpv4Header(packet, 0, 60, packet.length, { source: TARGET, destination: OWN, ttl: 60, protocol: 1 });
  return packet;
}
