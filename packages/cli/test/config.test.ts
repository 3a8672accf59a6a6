import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, answersOf, startApi } from './api.ts';
import { run } from './run.ts';

const PROGRAM = fileURLToPath(new URL('../bin/revtr.js', import.meta.url));
const CONFIG = '/home/user/.config/revtr/config.json';
const HOME = { HOME: '/home/user' };

let [api, other]: ApiServer[] = [];
beforeAll(async () => {
  [api, other] = await Promise.all([startApi(), startApi()]);
});
beforeEach(() => {
  api.answers = answersOf();
  api.failure = undefined;
});
afterAll(() => Promise.all([api.stop(), other.stop()]));

const filesOf = (config: unknown): Map<string, string> => new Map([[CONFIG, JSON.stringify(config)]]);
const bodyOf = (server: ApiServer): unknown => JSON.parse(server.requests.at(-1)?.body || 'null');

describe('a profile', () => {
  it('is chosen by the option, the environment or the configuration, and gives way to options and environment', async () => {
    const profile = (key: string) => ({ server: api.url, key });
    const profiles = { default: profile('d'), one: profile('1'), two: profile('2') };
    const keyOf = async (args: readonly string[], environment = {}, config: object = { profiles }) => {
      const { code } = await run(['sources', ...args], {
        environment: { ...HOME, ...environment },
        privateFiles: filesOf(config),
      });
      return code === 0 ? api.requests.at(-1)?.key : code;
    };
    expect(await keyOf([])).toBe('d');
    expect(await keyOf([], {}, { profile: 'one', profiles })).toBe('1');
    expect(await keyOf([], { REVTR_PROFILE: 'two' }, { profile: 'one', profiles })).toBe('2');
    expect(await keyOf(['--profile', 'one'], { REVTR_PROFILE: 'two' })).toBe('1');
    expect(await keyOf(['--profile', 'one'], { REVTR_KEY: 'e' })).toBe('e');
    expect(await keyOf(['--profile', 'three'])).toBe(2);
  });

  it('has a key for its own server only', async () => {
    const privateFiles = filesOf({ profiles: { default: { server: other.url, key: 'secret' } } });
    for (const options of [{ environment: { ...HOME, REVTR_SERVER: api.url } }, { args: ['--server', api.url] }]) {
      const before = api.requests.length;
      const { args = [], environment = HOME } = options;
      const { code, err } = await run(['sources', ...args], { environment, privateFiles });
      expect([code, err]).toEqual([4, expect.stringContaining(`no API key for ${api.url}`)]);
      expect(api.requests).toHaveLength(before);
    }
  });

  it('has the source and the form of the output, unless options say otherwise', async () => {
    const settings = { server: api.url, key: 'k', source: '198.51.100.1', names: false, fields: ['address', 'as'] };
    const options = { environment: HOME, privateFiles: filesOf({ profiles: { default: settings } }) };
    const { out } = await run(['measure', '192.0.2.1'], options);
    expect(JSON.stringify(api.requests.map(({ body }) => body))).toContain('198.51.100.1');
    expect(out.split('\n')[1].split(/\s+/)).toEqual(['ADDRESS', 'AS']);
    expect(out).toContain('AS path: 64500\n');
    const named = await run(['measure', '192.0.2.1', '--names', '--fields', 'name'], options);
    expect(named.out.split('\n').slice(1, 3)).toEqual(['NAME', 'text']);
    const none = await run(['measure', '192.0.2.1'], { environment: { ...HOME, REVTR_KEY: 'k' } });
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('use --to')]);
  });

  it.each([
    ['not JSON', '{'],
    ['an unknown setting', '{"profiles":{"default":{"colour":"red"}}}'],
    ['a wrong type', '{"profiles":{"default":{"wide":"yes"}}}'],
    ['an unknown field', '{"profiles":{"default":{"fields":["mac"]}}}'],
  ])('in a file with %s is refused with the name of the file', async (_, text) => {
    const { code, out, err } = await run(['sources'], { environment: HOME, privateFiles: new Map([[CONFIG, text]]) });
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(`revtr: ${CONFIG}: `)]);
  });
});

describe('revtr config', () => {
  it('changes settings, chooses a profile, and never shows a key', async () => {
    const privateFiles = filesOf({ profiles: { default: { key: 'revtr_secret' } } });
    const revtr = (...args: string[]) => run(['config', ...args], { environment: HOME, privateFiles });
    await revtr('set', 'server', 'localhost:8080/');
    await revtr('set', 'wide', 'true');
    await revtr('set', 'fields', 'hop, address');
    await revtr('set', 'source', '198.51.100.1', '--profile', 'lab');
    await revtr('unset', 'wide');
    await revtr('use', 'lab');
    expect(JSON.parse(privateFiles.get(CONFIG) ?? '')).toEqual({
      profile: 'lab',
      profiles: {
        default: { key: 'revtr_secret', server: 'http://localhost:8080', fields: ['hop', 'address'] },
        lab: { source: '198.51.100.1' },
      },
    });
    const shown = await revtr();
    expect(shown.out).toContain(`${CONFIG}, profile in use: lab\n`);
    expect(shown.out).toMatch(/default +key +stored/);
    expect(shown.out + (await revtr('show', '--json')).out).not.toContain('secret');
    const before = privateFiles.get(CONFIG);
    for (const wrong of [
      ['set', 'key', 'revtr_other'],
      ['set', 'wide', 'perhaps'],
      ['set', 'fields', 'mac'],
      ['set', 'server', 'ftp://x'],
      ['set', 'colour', 'red'],
      ['use', 'nothing'],
    ])
      expect((await revtr(...wrong)).code).toBe(2);
    expect(privateFiles.get(CONFIG)).toBe(before);
  });
});

describe('revtr login', () => {
  const login = async (secret: string, args: readonly string[] = []) => {
    const privateFiles = new Map<string, string>();
    const result = await run(['login', '--server', api.url, ...args], { environment: HOME, privateFiles, secret });
    return { ...result, config: JSON.parse(privateFiles.get(CONFIG) ?? 'null') };
  };

  it('stores a key that the server knows', async () => {
    const { code, out, config } = await login('revtr_good', ['--profile', 'lab']);
    expect([code, out]).toEqual([0, expect.stringContaining(`logged in to ${api.url} as text`)]);
    expect(config).toEqual({ profiles: { lab: { server: api.url, key: 'revtr_good' } } });
    expect(out).not.toContain('revtr_good');
  });

  it('uses a mailed link, whose address names the server', async () => {
    const privateFiles = new Map<string, string>();
    const secret = `${api.url}/confirm#the-token`;
    const { code } = await run(['login'], { environment: HOME, privateFiles, secret });
    expect(code).toBe(0);
    expect(api.requests.findLast(({ line }) => line === 'POST /api/v2/links')?.body).toBe('{"token":"the-token"}');
    expect(JSON.parse(privateFiles.get(CONFIG) ?? '').profiles.default).toEqual({
      server: api.url,
      key: 'revtr_mailed',
    });
  });

  it('stores nothing when the server does not know the key, or nothing was typed', async () => {
    api.failure = { status: 401, body: { error: { code: 'unauthorized', message: 'not known', details: [] } } };
    expect(await login('revtr_bad')).toMatchObject({ code: 4, err: 'revtr: not known\n', config: null });
    expect(await login('')).toMatchObject({ code: 2, config: null });
  });

  it('is undone by revtr logout, which can revoke the key', async () => {
    const privateFiles = filesOf({ profiles: { default: { server: api.url, key: 'revtr_good', wide: true } } });
    const { code } = await run(['logout', '--revoke'], { environment: HOME, privateFiles });
    expect(code).toBe(0);
    expect(api.requests.at(-1)).toMatchObject({ line: 'DELETE /api/v2/keys/6', key: 'revtr_good' });
    expect(JSON.parse(privateFiles.get(CONFIG) ?? '')).toEqual({
      profiles: { default: { server: api.url, wide: true } },
    });
    expect((await run(['logout'], { environment: HOME, privateFiles })).code).toBe(2);
  });
});

describe('the configuration on disk', () => {
  const home = mkdtempSync(join(tmpdir(), 'revtr-config-'));
  afterAll(() => rmSync(home, { recursive: true }));
  const xdg = join(home, 'xdg');
  const file = join(xdg, 'revtr', 'config.json');
  const revtr = async (args: readonly string[], input = ''): Promise<{ code: number | null; err: string }> => {
    const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [PROGRAM, ...args], {
      env: { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: xdg },
    });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.stdin.end(input);
    const [code] = await once(child, 'close');
    return { code, err };
  };

  it('is in the directory that XDG names, for its owner alone, and refused when others may read it', async () => {
    expect(await revtr(['login', '--server', api.url], 'revtr_good\nrest\n')).toEqual({ code: 0, err: '' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      profiles: { default: { server: api.url, key: 'revtr_good' } },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(xdg, 'revtr')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(xdg, 'revtr'))).toEqual(['config.json']);
    expect(existsSync(join(home, '.config'))).toBe(false);
    expect((await revtr(['sources'])).code).toBe(0);
    expect(api.requests.at(-1)?.key).toBe('revtr_good');
    for (const mode of [0o640, 0o604]) {
      chmodSync(file, mode);
      expect(await revtr(['sources'])).toEqual({
        code: 2,
        err: `revtr: other users may read ${file} (mode ${mode.toString(8)}): run chmod 600 ${file}\n`,
      });
    }
    expect(bodyOf(api)).toBeNull();
  });
});
