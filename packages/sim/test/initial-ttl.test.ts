import { ICMP, type IcmpPacket } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import type { SimParameters } from '../src/index.ts';
import { build, echo, exchange } from './exchange.ts';

/** Hosts behind a NAT are in networks of this tier. */
const STUB = 3;
const ANSWERING = { routerAnswersPing: 1, selectiveAnnouncements: 0 };

/** The TTLs with which an answer and the error of the last router before the destination start: what is left, and the links crossed. */
async function initialTtls(changes: Partial<SimParameters>, isRouter: boolean): Promise<Record<string, number>> {
  const internet = build({ ...ANSWERING, ...changes });
  const { places, truth, topology, clock } = internet;
  const [{ address: source }] = places.sources;
  const { networks, networkOf, routers } = topology;
  const host = places.hitlist.find((address) => networks.tiers[networkOf.lookup(address)] === STUB) ?? 0;
  const destination = isRouter ? routers.loopback[routers.count - 1] : host;
  const started = ({ ttl, source: from }: IcmpPacket): number => {
    const path = truth.path(from, source, clock.now()).routers;
    return ttl + path.length - (truth.routerOf(from) < 0 ? 0 : 1);
  };
  const hops = truth.path(source, destination, clock.now()).routers.length;
  const [reply] = await exchange(internet, echo(source, destination), source);
  const [error] = await exchange(internet, echo(source, destination, hops - 1), source);
  expect([reply.type, error.type]).toEqual([ICMP.echoReply, ICMP.timeExceeded]);
  return { reply: started(reply), error: started(error) };
}

describe('the initial TTL of answers', () => {
  it.each([
    [{}, { reply: 255, error: 255 }],
    [{ routersOfTtl64: 1 }, { reply: 64, error: 64 }],
    [{ routersOfTtl128: 1 }, { reply: 128, error: 128 }],
    [{ routersOfEchoTtl64: 1 }, { reply: 64, error: 255 }],
  ])('of routers with %o is %o', async (changes, expected) => {
    expect(await initialTtls(changes, true)).toEqual(expected);
  });

  it.each([
    [{}, 64],
    [{ hostsOfTtl128: 1 }, 128],
    [{ hostsOfTtl255: 1 }, 255],
    [{ hostsOfTtl255: 1, natNetworks: 1 }, 255],
  ])('of hosts with %o is %i', async (changes, expected) => {
    // A home router is one more hop.
    const nat = 'natNetworks' in changes ? 1 : 0;
    expect((await initialTtls(changes, false)).reply + nat).toBe(expected);
  });
});
