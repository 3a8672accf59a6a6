import { parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { SilentTargets } from '../src/index.ts';

const ip = (last: number): number => parseIpv4(`5.0.0.${last}`);
const [SOURCE, OTHER, THIRD] = [ip(201), ip(202), ip(203)];
const OPTIONS = { firstMs: 100, mostMs: 350, targetsOfNetwork: 3, capacity: 1_000 };
const make = (changes: Partial<typeof OPTIONS> = {}) =>
  new SilentTargets({ ...OPTIONS, ...changes }, (address) => (address === ip(9) ? 2 : 1));
/** Silences of two vantage points. */
const confirm = (silent: SilentTargets, last: number, at = 0, source = SOURCE): void => {
  for (const sender of [ip(101), ip(102)]) silent.recordSilence({ target: ip(last), sender, source, sentAt: at }, at);
};
const pauseOf = (silent: SilentTargets, last: number, from: number, source = SOURCE): number => {
  let at = from;
  while (silent.isSilent(ip(last), source, at)) at++;
  return at - from;
};

describe('a silent target', () => {
  it('is skipped only when a second sender confirms its silence, or the same sender finds it silent three times', () => {
    const silent = make();
    const silence = { target: ip(1), sender: ip(101), source: SOURCE, sentAt: 0 };
    for (const expected of [false, false, true]) {
      silent.recordSilence(silence, 0);
      expect(silent.isSilent(ip(1), SOURCE, 0)).toBe(expected);
    }
    confirm(silent, 2);
    expect(silent.isSilent(ip(2), SOURCE, 0)).toBe(true);
  });

  it('is skipped for one source alone, until it is silent for two of them', () => {
    const silent = make();
    confirm(silent, 1);
    expect(silent.isSilent(ip(1), OTHER, 0)).toBe(false);
    confirm(silent, 1, 0, OTHER);
    expect(silent.isSilent(ip(1), THIRD, 0)).toBe(true);
    // An answer to a third source shows that the target is not the cause; the first two may be.
    silent.recordAnswer(ip(1), ip(204), 0);
    expect(silent.isSilent(ip(1), THIRD, 0)).toBe(false);
    expect(silent.isSilent(ip(1), SOURCE, 0)).toBe(true);
  });

  it('is skipped twice as long after each further silence, never longer than the limit, and not after an answer', () => {
    const silent = make();
    confirm(silent, 1);
    expect(pauseOf(silent, 1, 0)).toBe(100);
    confirm(silent, 1, 110);
    expect(pauseOf(silent, 1, 110)).toBe(200);
    for (const at of [320, 700]) {
      confirm(silent, 1, at);
      expect(pauseOf(silent, 1, at)).toBe(350);
    }
    silent.recordAnswer(ip(1), SOURCE, 700);
    expect(pauseOf(silent, 1, 700)).toBe(0);
  });

  it('begins anew when its last skip is long over', () => {
    const silent = make();
    confirm(silent, 1);
    confirm(silent, 1, 110);
    confirm(silent, 1, 1_000);
    expect(pauseOf(silent, 1, 1_000)).toBe(100);
    silent.recordSilence({ target: ip(2), sender: ip(101), source: SOURCE, sentAt: 0 }, 0);
    silent.recordSilence({ target: ip(2), sender: ip(102), source: SOURCE, sentAt: 400 }, 400);
    expect(silent.isSilent(ip(2), SOURCE, 400)).toBe(false);
  });

  it('is not concluded from pings that were sent before its last answer', () => {
    const silent = make();
    silent.recordAnswer(ip(1), SOURCE, 50);
    for (const sender of [ip(101), ip(102)])
      silent.recordSilence({ target: ip(1), sender, source: SOURCE, sentAt: 20 }, 5_020);
    expect(silent.isSilent(ip(1), SOURCE, 5_020)).toBe(false);
  });
});

describe('a silent network', () => {
  it('is skipped when several different targets are silent, until one answers', () => {
    const silent = make();
    for (const last of [1, 2]) confirm(silent, last);
    expect(silent.isSilent(ip(5), SOURCE, 1)).toBe(false);
    confirm(silent, 3);
    expect([5, 9].map((last) => silent.isSilent(ip(last), SOURCE, 1))).toEqual([true, false]);
    expect(silent.isSilent(ip(5), SOURCE, 101)).toBe(false);
    expect(silent.isSilent(ip(5), OTHER, 1)).toBe(false);
    silent.recordAnswer(ip(4), SOURCE, 1);
    expect(silent.isSilent(ip(5), SOURCE, 1)).toBe(false);
  });

  it('is not concluded from one target that stays silent', () => {
    const silent = make();
    for (const at of [0, 110, 320, 700]) confirm(silent, 1, at);
    expect(silent.isSilent(ip(5), SOURCE, 700)).toBe(false);
  });

  it('is not concluded while another of its targets has answered lately', () => {
    const silent = make();
    silent.recordAnswer(ip(4), SOURCE, 0);
    for (const last of [1, 2, 3]) confirm(silent, last, 10);
    expect(silent.isSilent(ip(5), SOURCE, 10)).toBe(false);
    for (const last of [6, 7, 8]) confirm(silent, last, 400);
    expect(silent.isSilent(ip(5), SOURCE, 400)).toBe(true);
  });
});
