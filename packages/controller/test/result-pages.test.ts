import { type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { registerResultPages } from '../src/api/pages/result-pages.ts';
import { ControllerError } from '../src/foundation/errors.ts';
import type { PublicResult } from '../src/publications/public-result.ts';
import { visibleText } from '../src/publications/visible-text.ts';
import type { WebFile } from '../src/web/web-files.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { EXAMPLE, withText } from './public-results.ts';

const DOCUMENT: WebFile = {
  path: '/index.html',
  type: 'text/html; charset=utf-8',
  etag: '"1"',
  isImmutable: false,
  content: Buffer.from(
    '<!doctype html><html lang="en"><head><title>Reverse Traceroute</title></head><body></body></html>',
  ),
  br: undefined,
  gzip: undefined,
};
const picture = { content: Buffer.from('picture'), etag: '"2"' };

describe('the pages of published results', () => {
  const results = new Map<string, PublicResult>();
  let app: FastifyInstance;
  beforeAll(() => {
    app = fastify();
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    installErrorHandler(app);
    registerResultPages(app, DOCUMENT, {
      publications: {
        resultBy: async (token) => {
          const result = results.get(token);
          if (result === undefined) throw new ControllerError('notFound', 'there is no such public result');
          return { measurementId: 1, result };
        },
      },
      pictures: { svg: async () => picture, png: async () => picture, card: async () => picture },
      publicUrl: 'https://revtr.example/',
    });
    results.set('example', EXAMPLE);
    for (const [i, text] of HOSTILE_TEXTS.entries()) results.set(`hostile${i}`, withText(visibleText(text)));
  });
  afterAll(() => app?.close());
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

  it('tell other sites what they show', async () => {
    const { body, headers, statusCode } = await get('/results/example');
    expect(statusCode).toBe(200);
    const contentOf = (property: string) =>
      new RegExp(`<meta property="${property}" content="([^"]*)">`).exec(body)?.[1];
    expect(contentOf('og:title')).toBe('Reverse path from 192.0.2.7 back to 203.0.113.80');
    expect(contentOf('og:description')).toContain('Through AS64500 Example Telecom, then AS64501');
    expect(contentOf('og:url')).toBe('https://revtr.example/results/example');
    expect(contentOf('og:image')).toBe('https://revtr.example/results/example/card.png');
    expect([contentOf('og:image:width'), contentOf('og:image:height')]).toEqual(['1200', '630']);
    expect(body.indexOf('og:title')).toBeLessThan(body.indexOf('</head>'));
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it('say that there is no result with the document of the pages, and status 404', async () => {
    const { body, statusCode } = await get('/results/unknown');
    expect({ body, statusCode }).toEqual({ body: DOCUMENT.content.toString(), statusCode: 404 });
    expect((await get('/embed/unknown')).statusCode).toBe(404);
  });

  it('may be framed by every site on the page for embedding only', async () => {
    const { headers } = await get('/embed/example');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain('frame-ancestors *');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox');
    expect(policy).not.toMatch(/unsafe|script-src|img-src|connect-src|allow-same-origin|allow-scripts/);
    expect(headers['set-cookie']).toBeUndefined();
  });

  it.each(HOSTILE_TEXTS.map((text, i) => [JSON.stringify(text).slice(0, 40), `hostile${i}`]))(
    'have the same elements with the text %s as with a harmless one',
    async (_, token) => {
      const marksOf = (text: string) => ['<', '>', '"', "'"].map((mark) => text.split(mark).length);
      // Names of the same length are cut in the same places.
      results.set('harmless', withText('harmless'));
      for (const path of ['/results/', '/embed/']) {
        const [hostile, harmless] = [(await get(path + token)).body, (await get(`${path}harmless`)).body];
        const elements = (text: string) => [...text.matchAll(/<[a-z!/]+/g)].map(([tag]) => tag);
        expect(new Set(elements(hostile))).toEqual(new Set(elements(harmless)));
        if (path === '/results/') expect(marksOf(hostile)).toEqual(marksOf(harmless));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
        expect(hostile).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e\ufffe\uffff]/);
      }
    },
  );

  it('send a picture only to those who do not have it', async () => {
    for (const name of ['path.svg', 'path.png', 'card.png']) {
      expect((await get(`/results/example/${name}`)).body).toBe('picture');
      expect((await get(`/results/example/${name}`, { 'if-none-match': '"2"' })).statusCode).toBe(304);
    }
    expect((await get('/results/example/path.svg?theme=no&layout=such')).statusCode).toBe(200);
  });
});
