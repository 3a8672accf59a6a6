import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AdaptiveTimeout, PrefixOrigins } from '../src/index.ts';

const [NEAR, FAR] = [parseIpv4('5.0.0.1'), parseIpv4('5.0.0.2')];
const ipToAs = new PrefixOrigins([
  { prefix: parsePrefix('6.0.0.0/24'), asn: 6 },
  { prefix: parsePrefix('6.0.1.0/24'), asn: 6 },
  { prefix: parsePrefix('7.0.0.0/24'), asn: 7 },
]);
const [target, sameNetwork, other] = ['6.0.0.9', '6.0.1.9', '7.0.0.9'].map(parseIpv4);
const OPTIONS = { leastMs: 50, mostMs: 2_000, initialMs: 1_000, capacity: 1_000 };
const make = (changes: Partial<typeof OPTIONS> = {}) => new AdaptiveTimeout({ ...OPTIONS, ...changes }, { ipToAs });
const learn = (timeout: AdaptiveTimeout, sender: Ipv4Address, to: Ipv4Address, ms: number, count = 100): void => {
  for (let i = 0; i < count; i++) timeout.observe(sender, to, ms);
};

describe('adaptive timeout', () => {
  it('starts with its initial value, follows the observed times, and stays within its bounds', () => {
    const timeout = make();
    expect(timeout.timeoutFor(NEAR, target)).toBe(1_000);
    // RFC 6298, section 2.2: after the first sample R, the timeout is R + 4 * R / 2.
    timeout.observe(NEAR, target, 100);
    expect(timeout.timeoutFor(NEAR, target)).toBe(300);
    learn(timeout, NEAR, target, 100);
    expect(timeout.timeoutFor(NEAR, target)).toBeLessThan(110);
    learn(timeout, NEAR, target, 1);
    expect(timeout.timeoutFor(NEAR, target)).toBe(50);
    learn(timeout, NEAR, target, 10_000);
    expect(timeout.timeoutFor(NEAR, target)).toBe(2_000);
  });

  it('differs between vantage points and prefixes: fast answers of others do not shorten the wait for a slow path', () => {
    const timeout = make();
    learn(timeout, NEAR, target, 700);
    learn(timeout, NEAR, other, 10);
    learn(timeout, FAR, target, 20);
    expect(timeout.timeoutFor(NEAR, target)).toBeGreaterThan(700);
    expect(timeout.timeoutFor(NEAR, other)).toBeLessThan(100);
    expect(timeout.timeoutFor(FAR, target)).toBeLessThan(100);
  });

  it('takes the larger of what is known of the vantage point and of the network for a path without answers', () => {
    const timeout = make();
    learn(timeout, FAR, target, 800);
    learn(timeout, NEAR, other, 10);
    expect(timeout.timeoutFor(NEAR, sameNetwork)).toBeGreaterThan(800);
    expect(timeout.timeoutFor(FAR, other)).toBeGreaterThan(800);
  });

  it('waits less long where late answers still count', () => {
    const timeout = make();
    for (const ms of [100, 300, 100, 300]) timeout.observe(NEAR, target, ms);
    expect(timeout.patienceFor([NEAR], target)).toBeLessThan(timeout.timeoutFor(NEAR, target));
    learn(timeout, FAR, target, 1_500);
    expect(timeout.patienceFor([NEAR, FAR], target)).toBe(timeout.patienceFor([FAR], target));
  });

  it('is doubled once by the silences of a path that has answered, until the next answer', () => {
    const timeout = make();
    learn(timeout, NEAR, target, 100);
    const before = timeout.timeoutFor(NEAR, target);
    for (let i = 0; i < 3; i++) timeout.observeSilence(NEAR, target);
    expect(timeout.timeoutFor(NEAR, target)).toBeCloseTo(2 * before);
    timeout.observe(NEAR, target, 100);
    expect(timeout.timeoutFor(NEAR, target)).toBeCloseTo(before, -1);
    timeout.observeSilence(FAR, other);
    expect(timeout.timeoutFor(FAR, other)).toBe(1_000);
  });

  it('forgets the paths that were not used for longest when it is full', () => {
    const timeout = make({ capacity: 2 });
    timeout.observe(1, target, 400);
    timeout.observe(2, target, 10);
    timeout.observe(3, other, 10);
    // Only the estimate of the network is left of the first.
    expect(timeout.timeoutFor(2, target)).toBe(50);
    expect(timeout.timeoutFor(1, other)).toBe(50);
  });
});
