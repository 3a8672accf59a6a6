import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { SelfTest } from '@revtr/link';
import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { createSpoofMark } from '@revtr/probing';
import type { ScamperHost } from '@revtr/scamper';
import type { EmissionWatch } from '../listener/emission-watch.ts';

const NAME = 'spoofed probe leaves';
const TIMEOUT_MS = 3_000;

/**
 * Tests whether packets that are built like spoofed ones leave this host. The packet claims the host's own address and goes to
 * the controller. On some kinds of interface scamper sends none and reports no error.
 */
export async function testSpoofing(
  controller: string,
  { scamper, emissions }: { readonly scamper: ScamperHost; readonly emissions: EmissionWatch | undefined },
): Promise<SelfTest> {
  if (emissions === undefined)
    return { name: NAME, ok: false, message: 'not tested: this system does not show what leaves it' };
  const target = await addressOf(controller);
  const own = target === undefined ? undefined : await ownAddressTowards(controller);
  if (target === undefined || own === undefined)
    return {
      name: NAME,
      ok: false,
      message: `not tested: '${controller}' has no IPv4 address, or no route leads there`,
    };
  const mark = createSpoofMark(randomBytes);
  const { left, stop } = emissions.watch({ claimedSource: own, target, mark });
  const request = { type: 'ping', sender: own, target, timeoutMs: 1_000 } as const;
  try {
    await scamper.emitSpoofed(request, own, mark, { left, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { name: NAME, ok: true, message: 'it does' };
  } catch {
    return {
      name: NAME,
      ok: false,
      message:
        'it does not: scamper sends spoofed packets only over Ethernet-like interfaces, not over tunnels such as WireGuard; this agent can receive, not spoof',
    };
  } finally {
    stop();
  }
}

async function addressOf(host: string): Promise<Ipv4Address | undefined> {
  const known = tryParseIpv4(host);
  if (known !== undefined) return known;
  try {
    return tryParseIpv4((await lookup(host, 4)).address);
  } catch {
    return undefined;
  }
}

/** The address that this host would send from. Connecting a UDP socket sends no packet. */
function ownAddressTowards(host: string): Promise<Ipv4Address | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const finish = (address: Ipv4Address | undefined): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => finish(undefined));
    socket.connect(9, host, () => finish(tryParseIpv4(socket.address().address)));
  });
}
