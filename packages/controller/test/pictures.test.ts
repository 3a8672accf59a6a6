import { systemClock } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { drawCard } from '../src/pictures/card-picture.ts';
import { embedCode } from '../src/pictures/embed-code.ts';
import { fit, wrap } from '../src/pictures/fit.ts';
import { drawPath } from '../src/pictures/path-picture.ts';
import { type Picture, PictureCache } from '../src/pictures/picture-cache.ts';
import { PngRenderer } from '../src/pictures/png-renderer.ts';
import { svgDocument } from '../src/pictures/svg.ts';
import { summaryOf } from '../src/pictures/words.ts';
import { visibleText } from '../src/publications/visible-text.ts';
import { ManualClock } from './manual-clock.ts';
import { EXAMPLE, longPath, withText } from './public-results.ts';

const countOf = (text: string, part: string | RegExp): number => text.split(part).length - 1;

describe('the picture of a path', () => {
  it('has each hop with its technique and trust, and each network', () => {
    const svg = svgDocument(drawPath(EXAMPLE, 'wide'), EXAMPLE, 'light');
    for (const { address } of EXAMPLE.result.hops) expect(svg).toContain(`>${address}</text>`);
    expect(countOf(svg, /class="dot/)).toBe(EXAMPLE.result.hops.length);
    expect(countOf(svg, / assumed"\/>/)).toBe(3);
    expect(countOf(svg, / inferred"\/>/)).toBe(3);
    for (const label of ['Record Route', 'spoofed Record Route', 'assumed, across a border', 'source · atlas'])
      expect(svg).toContain(`>${label}</text>`);
    for (const text of ['AS64500', 'AS64501', 'AS64503', '+132 ms', '+78 ms', 'or 10.1.2.4, 10.1.2.5'])
      expect(svg).toContain(`>${text}</text>`);
  });

  it('marks a destination that did not answer, and says who was measured in its place', () => {
    const measuredThrough = { address: '192.0.2.2', scope: 'subnet' as const };
    const result = { ...EXAMPLE, result: { ...EXAMPLE.result, measuredThrough, reused: { oldestAgeMs: 720_000 } } };
    const svg = svgDocument(drawPath(result, 'narrow'), result, 'light');
    expect(svg).toContain('>no answer</text>');
    expect(summaryOf(result)).toContain('The destination did not answer; measured through its neighbour 192.0.2.2.');
    expect(summaryOf(result)).toContain('From measurements up to 12 minutes older than this one.');
  });

  it.each(['wide', 'narrow'] as const)(
    '%s shows a network without visible routers between its neighbours',
    (layout) => {
      const hops = EXAMPLE.result.hops.map((hop, i) =>
        i === 1 ? { ...hop, hiddenNetwork: { asn: 64_999, confidence: 0.62 } } : hop,
      );
      const result = { ...EXAMPLE, result: { ...EXAMPLE.result, hops } };
      const drawing = drawPath(result, layout);
      const svg = svgDocument(drawing, result, 'light');
      const at = (text: string): number => Number(new RegExp(`y="(\\d+)"[^>]*>${text}`).exec(drawing.body.text)?.[1]);
      expect(at('192.0.2.1<')).toBeLessThan(at('AS64999<'));
      expect(at('AS64999<')).toBeLessThan(at('198.51.100.9<'));
      expect(svg).toContain('AS64999: No router of this network is visible.');
      expect(svg).toContain('62 % probable');
    },
  );

  it('says that a path is incomplete', () => {
    expect(drawPath(longPath(3), 'wide').body.text).toContain('The path ends here.');
    expect(drawPath(EXAMPLE, 'wide').body.text).not.toContain('The path ends here.');
  });

  it.each(['wide', 'narrow'] as const)('%s has a limited size, however long the path is', (layout) => {
    const { height, body } = drawPath(longPath(5_000), layout);
    expect(body.text).toContain('4940 more hops');
    expect(height).toBeLessThan(6_000);
    expect(body.text.length).toBeLessThan(100_000);
    expect(drawCard(longPath(5_000)).body.text.length).toBeLessThan(20_000);
  });

  it('draws a path without hops', () => {
    const result = { ...EXAMPLE, result: { ...EXAMPLE.result, hops: [] } };
    expect(drawPath(result, 'wide').height).toBeGreaterThan(50);
    expect(drawCard(result).height).toBe(630);
  });
});

describe('texts in pictures', () => {
  it('are cut where they do not fit', () => {
    expect(fit('short', 200, 13)).toBe('short');
    const cut = fit('W'.repeat(100), 130, 13);
    expect(cut).toMatch(/^W{5,12}…$/);
    expect(fit('漢'.repeat(100), 130, 13).length).toBeLessThan(12);
  });

  it('are broken into lines that lose nothing before the last', () => {
    const text = 'The destination did not answer; measured through its neighbour 192.0.2.2.';
    const lines = wrap(text, 200, 13, 5);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join(' ')).toBe(text);
    expect(wrap(text, 200, 13, 2)[1]).toMatch(/…$/);
  });

  it('show control characters, and carry no heaps of marks', () => {
    expect(visibleText('a\u202eb\0c\ud800d\uffff')).toBe('a\\u{202e}b\\u{0}c\\u{d800}d\\u{ffff}');
    expect(visibleText(`e${'\u0301'.repeat(50)}`)).toBe('e\u0301');
    expect(visibleText('x'.repeat(10_000)).length).toBe(500);
  });

  it('cannot leave the code for other pages', () => {
    const code = embedCode('https://revtr.example/embed/x"><script>', withText('"><script>alert(1)</script>'));
    expect(code).toMatch(/^<iframe [^<>]*><\/iframe>$/);
  });
});

describe('the converter', () => {
  it('converts one picture after the other, and refuses more than it can keep', async () => {
    const renderer = new PngRenderer({ clock: systemClock });
    try {
      const svg = svgDocument(drawCard(EXAMPLE), EXAMPLE, 'light');
      const all = await Promise.allSettled(Array.from({ length: 20 }, () => renderer.render(svg, 0.1)));
      const refused = all.filter((each) => each.status === 'rejected').map(({ reason }) => reason.code);
      expect(refused).toEqual(Array.from({ length: 4 }, () => 'tooManyRequests'));
      await expect(renderer.render('<svg', 1)).rejects.toMatchObject({ code: 'internal' });
      expect((await renderer.render(svg, 0.1)).length).toBeGreaterThan(500);
    } finally {
      renderer.stop();
    }
    await expect(renderer.render('<svg/>', 1)).rejects.toMatchObject({ code: 'internal' });
  });

  it('ends with a picture that takes too long, and begins again with the next', async () => {
    const clock = new ManualClock();
    const renderer = new PngRenderer({ clock });
    try {
      const svg = svgDocument(drawCard(EXAMPLE), EXAMPLE, 'light');
      const slow = expect(renderer.render(svg, 1)).rejects.toMatchObject({
        message: expect.stringContaining('took too long'),
      });
      await clock.advance(20_000);
      await slow;
      expect((await renderer.render(svg, 0.1)).length).toBeGreaterThan(500);
    } finally {
      renderer.stop();
    }
  });
});

describe('the cache of pictures', () => {
  const pictureOf = (bytes: number): Picture => ({ content: Buffer.alloc(bytes), etag: `"${bytes}"` });
  const drawn: string[] = [];
  const draw = (key: string, bytes: number) => async () => {
    drawn.push(key);
    return pictureOf(bytes);
  };

  it('draws once for all who ask at the same time, and forgets what was used least recently', async () => {
    const clock = new ManualClock();
    const cache = new PictureCache({ mostBytes: 100, keepMs: 1_000 }, { clock });
    const get = (key: string, bytes = 40) => cache.get(key, draw(key, bytes));
    drawn.length = 0;
    await Promise.all([get('a'), get('a'), get('b')]);
    await get('a');
    await get('c');
    expect(drawn).toEqual(['a', 'b', 'c']);
    await get('a');
    await get('b');
    expect(drawn).toEqual(['a', 'b', 'c', 'b']);
    await clock.advance(1_001);
    await get('b');
    expect(drawn).toEqual(['a', 'b', 'c', 'b', 'b']);
    await get('too large', 101);
    await get('too large', 101);
    expect(drawn.slice(-2)).toEqual(['too large', 'too large']);
  });

  it('does not keep a failure', async () => {
    const cache = new PictureCache({ mostBytes: 100, keepMs: 1_000 }, { clock: new ManualClock() });
    await expect(cache.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await cache.get('a', draw('a', 1))).toEqual(pictureOf(1));
  });
});
