import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { acceptedCoding } from '../src/web/content-coding.ts';
import { registerWeb, sendDocument, wantsPage } from '../src/web/routes.ts';
import { readWebFiles } from '../src/web/web-files.ts';

const SCRIPT = 'export const answer = 42;\n'.repeat(100);
const DOCUMENT = '<!doctype html><title>page</title>';

describe('the served web interface', () => {
  let directory: string;
  let app: FastifyInstance;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'revtr-web-'));
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), DOCUMENT);
    await writeFile(join(directory, 'pages.json'), JSON.stringify(['/', '/measurements/:id']));
    const script = join(directory, 'assets/index-a1.js');
    await writeFile(script, SCRIPT);
    await writeFile(`${script}.br`, brotliCompressSync(SCRIPT));
    await writeFile(`${script}.gz`, gzipSync(SCRIPT));
    await writeFile(join(directory, 'inputs.sha256'), 'not for visitors');
    const web = await readWebFiles(directory);
    if (web === undefined) throw new Error('the files were not found');
    app = fastify();
    installErrorHandler(app, (request, reply) => {
      if (!wantsPage(request)) return false;
      sendDocument(request, reply, web.document);
      return true;
    });
    registerWeb(app, web);
    app.get('/api/v2/thing', { config: { access: 'public' } }, () => ({ thing: 1 }));
  });
  afterEach(async () => {
    await app.close();
    await rm(directory, { recursive: true });
  });
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
  const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  it('has the document under the path of every page, and never in a cache without asking', async () => {
    for (const url of ['/', '/measurements/7', '/measurements/7?tab=raw']) {
      const { statusCode, body, headers } = await get(url, BROWSER);
      expect({ statusCode, body }).toEqual({ statusCode: 200, body: DOCUMENT });
      expect(headers['cache-control']).toBe('no-cache');
    }
  });

  it('sends hashed files compressed as the client wants, to be kept for ever', async () => {
    const url = '/assets/index-a1.js';
    const brotli = await get(url, { 'accept-encoding': 'gzip, deflate, br' });
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe(SCRIPT);
    expect(brotli.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      vary: 'accept-encoding',
    });
    const gzip = await get(url, { 'accept-encoding': 'gzip, br;q=0' });
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(SCRIPT);
    expect((await get(url)).body).toBe(SCRIPT);
  });

  it('answers 304 to a client that has the file', async () => {
    const { etag } = (await get('/')).headers;
    const again = await get('/', { 'if-none-match': String(etag) });
    expect({ statusCode: again.statusCode, body: again.body }).toEqual({ statusCode: 304, body: '' });
    expect((await get('/', { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  it('permits no script, style or request but its own', async () => {
    const policy = String((await get('/')).headers['content-security-policy']);
    const directives = new Map(
      policy.split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]),
    );
    expect(directives.get('default-src')).toBe("'none'");
    for (const name of ['script-src', 'style-src', 'connect-src', 'img-src'])
      expect(directives.get(name)).toBe("'self'");
    expect(directives.get('frame-ancestors')).toBe("'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('leaves errors of the API as they are, and shows browsers a page for other unknown paths', async () => {
    for (const url of ['/api/none', '/api/v2/none', '/api', '/assets/none.js', '/.well-known/none'])
      expect((await get(url, BROWSER)).json().error.code, url).toBe('notFound');
    expect((await get('/none')).json().error.code).toBe('notFound');
    expect((await app.inject({ method: 'POST', url: '/none', headers: BROWSER })).json().error.code).toBe('notFound');
    const page = await get('/none', BROWSER);
    expect({ status: page.statusCode, body: page.body }).toEqual({ status: 404, body: DOCUMENT });
  });

  it('holds nothing but its own files', async () => {
    for (const url of ['/inputs.sha256', '/pages.json', '/assets/../inputs.sha256', '/assets/index-a1.js.br'])
      expect((await get(url)).statusCode, url).toBe(404);
  });

  it('is absent where nothing is built', async () => {
    expect(await readWebFiles(join(directory, 'none'))).toBeUndefined();
    expect(await readWebFiles(join(directory, 'assets'))).toBeUndefined();
  });
});

describe('the content coding', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['gzip, br', 'br'],
    ['GZIP;q=0.5, BR;q=0.1', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.000', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['br;q=0, *', 'gzip'],
  ])('for %j is %j', (header, coding) => {
    expect(acceptedCoding(header, ['br', 'gzip'])).toBe(coding);
  });
});
