import { describe, expect, it } from 'vitest';
import { align, type ComparedHop, toAlignedBands } from '../src/wording/index.ts';

/** Hops from a text such as `10 10 20`: the numbers are networks, `*` a router that does not answer. */
const hopsOf = (text: string, side: string): ComparedHop[] =>
  text.split(' ').map((asn, i) => (asn === '*' ? {} : { address: `${side}${i}`, asn: Number(asn) }));

/** The bands of two paths, as `network:hops forward/hops reverse`. */
const bandsOf = (forward: readonly ComparedHop[], reverse: readonly ComparedHop[]): string =>
  toAlignedBands(align(forward, reverse))
    .map(({ asn, rows }) => {
      const count = (side: 'forward' | 'reverse') => rows.filter((row) => row[side] !== undefined).length;
      return `${asn}:${count('forward')}/${count('reverse')}`;
    })
    .join(' ');

describe('two paths side by side', () => {
  it.each([
    ['the same networks', '10 10 20', '10 20 20', '10:2/1 20:1/2'],
    [
      'a detour between shared networks',
      '10 10 20 30 30 30',
      '10 10 10 40 50 30',
      '10:2/3 20:1/0 40:0/1 50:0/1 30:3/1',
    ],
    ['nothing in common', '10 20', '30 40', '10:1/0 20:1/0 30:0/1 40:0/1'],
    ['a silent router', '10 * 20', '10 20', '10:2/1 20:1/1'],
    ['one path inside the other', '10 20 30', '10 30', '10:1/1 20:1/0 30:1/1'],
  ])('have one band for each network with %s', (_, forward, reverse, bands) => {
    expect(bandsOf(hopsOf(forward, 'f'), hopsOf(reverse, 'r'))).toBe(bands);
  });

  it('lose no hop and keep the order', () => {
    const [forward, reverse] = [hopsOf('10 20 * 30 20 40', 'f'), hopsOf('20 10 30 50 40', 'r')];
    const rows = align(forward, reverse);
    expect(rows.flatMap((row) => row.forward ?? [])).toEqual(forward);
    expect(rows.flatMap((row) => row.reverse ?? [])).toEqual(reverse);
  });

  it('join where both pass the same router', () => {
    const source = { address: '192.0.2.1', asn: 30 };
    const rows = align([...hopsOf('10 30', 'f'), source], [...hopsOf('10 20', 'r'), source]);
    expect(rows.filter(({ isShared }) => isShared)).toMatchObject([{ forward: source, reverse: source }]);
    expect(rows.at(-1)?.isShared).toBe(true);
  });
});
