import { AliasSets, Atlas, PrefixOrigins, type Relations } from '@revtr/engine';
import { parseIpv4, parsePrefix } from '@revtr/net';
import pino from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { OwnersPass } from '../src/atlas/owners-pass.ts';
import { ManualClock } from './manual-clock.ts';

const ip = parseIpv4;
const aliases = new AliasSets();
const ipToAs = new PrefixOrigins([1, 2].map((asn) => ({ prefix: parsePrefix(`${asn}.0.0.0/8`), asn })));
/** 1 is the provider of 2. */
const relations: Relations = {
  relationOf: (a, b) => (a === b ? undefined : a === 1 ? 'provider' : 'customer'),
  providersOf: (asn) => new Set(asn === 2 ? [1] : []),
  customersOf: (asn) => new Set(asn === 1 ? [2] : []),
};
/** The customer's router at the end of a link that the provider numbers. */
const BORDER = ip('1.0.0.9');

describe('the pass over the atlas', () => {
  it('learns the owners of routers at the start, again after its pause, and when it is woken', async () => {
    const atlas = new Atlas({ aliases, ipToAs });
    const add = (origin: string, ...hops: string[]): void => {
      const source = ip('2.0.0.50');
      atlas.add({
        platform: 'ripeAtlas',
        origin: ip(origin),
        source,
        at: 1,
        hops: [origin, ...hops].map(ip).concat(source),
      });
    };
    add('1.0.0.1', '1.0.0.2', '1.0.0.9', '2.0.0.1', '2.0.0.2');
    const clock = new ManualClock();
    const log = pino({ level: 'silent' });
    const options = { everyMs: 1_000, restFactor: 20, mostRouters: 100 };
    const pass = new OwnersPass(options, { atlas, aliases, ipToAs, relations, clock, log });
    expect(pass.owners.ownerOf(BORDER)).toBeUndefined();
    pass.start();
    await vi.waitFor(() => expect(pass.owners.ownerOf(BORDER)?.asn).toBe(2));
    add('1.0.0.3', '1.0.0.4', '1.0.0.8', '2.0.0.3', '2.0.0.4');
    expect(pass.owners.ownerOf(ip('1.0.0.8'))).toBeUndefined();
    await vi.waitFor(async () => {
      await clock.advance(1_000);
      expect(pass.owners.ownerOf(ip('1.0.0.8'))?.asn).toBe(2);
    });
    // Nobody waits for the pause to end when the atlas of another source has been read.
    add('1.0.0.5', '1.0.0.6', '1.0.0.7', '2.0.0.5', '2.0.0.6');
    pass.wake();
    await vi.waitFor(() => expect(pass.owners.ownerOf(ip('1.0.0.7'))?.asn).toBe(2));
    await pass.stop();
  });
});
