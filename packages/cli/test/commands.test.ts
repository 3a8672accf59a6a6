import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Context } from '../src/context.ts';
import { createProgram } from '../src/program.ts';
import { type ApiServer, answersOf, startApi } from './api.ts';
import { run } from './run.ts';
import { HOSTILE, statusOf } from './values.ts';

const WARTS = fileURLToPath(new URL('../../scamper/test/fixtures/ping.warts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'revtr-cli-'));
const dataset = join(directory, 'dataset');
const pairs = join(directory, 'pairs');
const mail = join(directory, 'mail');
const networks = join(directory, 'networks');
const archiveRows = join(directory, 'rows.jsonl');
const traceroutes = join(directory, 'traceroutes');
const dump = join(directory, 'dump.sql');

/** A dump of revtr 2.0 with a user and a host. */
const DUMP = [
  'CREATE TABLE `users` (`name` text, `email` text, `key` text);',
  "INSERT INTO `users` VALUES ('evil\\r\\n\u001b[31m','a@example.org','');",
  'CREATE TABLE `vantage_points` (`ip` int, `hostname` text, `site` text);',
  "INSERT INTO `vantage_points` VALUES (3221225985,'vp\u001b[31m.example','');",
].join('\n');

/** A traceroute to the /24 of the source that the server has, as RIPE Atlas writes it. */
const TRACEROUTE = JSON.stringify({
  ...{ fw: 5080, msm_id: 1, prb_id: 1, timestamp: 1_700_000_000, type: 'traceroute', af: 4 },
  ...{ from: '203.0.113.7', dst_addr: '198.51.100.9' },
  result: [{ hop: 1, result: [{ from: '198.51.100.9', rtt: 1 }] }],
});

/** Arguments for every command, and the form of its JSON: one value, or one value per line. */
const COMMANDS: Readonly<
  Record<
    string,
    {
      readonly args: readonly string[];
      readonly form: 'value' | 'lines';
      /** Default 0. */
      readonly code?: number;
      /** Whether what it prints is for programs. */
      readonly isVerbatim?: boolean;
    }
  >
> = {
  measure: { args: ['192.0.2.1', '--to', '198.51.100.1', '--why'], form: 'value' },
  batch: { args: [pairs, '--to', '198.51.100.1'], form: 'lines' },
  fetch: { args: ['--label', 'L'], form: 'lines' },
  find: { args: ['--prefix', '198.51.100.0/24', '--asn', 'AS64500', '--from', '2026-11-20T10:00Z'], form: 'lines' },
  'watch list': { args: [], form: 'value' },
  'watch add': { args: ['192.0.2.1', '--to', '198.51.100.1', '--every', '15m', '--webhook', HOSTILE], form: 'value' },
  'watch show': { args: ['3', '--runs', '10'], form: 'value' },
  'watch change': { args: ['3', '--every', '1h', '--on', 'asPath', '--no-webhook'], form: 'value' },
  'watch pause': { args: ['3'], form: 'value' },
  'watch resume': { args: ['3'], form: 'value' },
  'watch remove': { args: ['3'], form: 'value' },
  'watch test': { args: ['3'], form: 'value', code: 1 },
  'probe ping': { args: ['192.0.2.1', '--from', '198.51.100.1', '--count', '2'], form: 'value' },
  'probe rr': { args: ['192.0.2.1', '--from', '192.0.2.7', '--as', '198.51.100.1'], form: 'value' },
  'probe ts': { args: ['192.0.2.1', '--from', '198.51.100.1', '--timestamps', '192.0.2.1'], form: 'value' },
  'probe traceroute': { args: ['192.0.2.1', '--from', '198.51.100.1'], form: 'value' },
  'probe list': { args: ['--limit', '5', '--before', '9'], form: 'value' },
  'probe show': { args: ['8'], form: 'value' },
  share: { args: ['1'], form: 'value' },
  unshare: { args: ['1'], form: 'value' },
  batches: { args: ['--limit', '5', '--before', '9'], form: 'value' },
  cancel: { args: ['7'], form: 'value' },
  last: { args: [], form: 'lines' },
  export: { args: ['7', '--out', join(directory, 'export.jsonl')], form: 'value' },
  'sources list': { args: [], form: 'value' },
  'sources share': { args: ['198.51.100.1', '--with', 'a@example.org'], form: 'value' },
  accuracy: { args: ['--network', '64500', '--technique', 'atlas', '--from', '2026-11-20T10:00Z'], form: 'value' },
  'account show': { args: [], form: 'value' },
  'account archive': { args: ['on'], form: 'value' },
  'account export': { args: [], form: 'lines', isVerbatim: true },
  'account delete': { args: ['--confirm', 'a@example.org'], form: 'value' },
  register: { args: ['--name', 'N', '--email', HOSTILE], form: 'value' },
  'keys list': { args: [], form: 'value' },
  'keys create': { args: ['laptop', '--days', '30', '--scopes', 'read', 'measure'], form: 'value' },
  'keys rotate': { args: ['6', '--grace-hours', '1'], form: 'value' },
  'keys revoke': { args: ['6'], form: 'value' },
  redeem: { args: ['T'], form: 'value' },
  apply: {
    args: ['192.0.2.9', '--hosting', HOSTILE, '--name', 'N', '--email', HOSTILE, '--reason', 'R'],
    form: 'value',
  },
  'agents list': { args: [], form: 'value' },
  'agents show': { args: ['192.0.2.7'], form: 'value' },
  'agents test': { args: ['192.0.2.7'], form: 'value' },
  'agents withdraw': { args: ['192.0.2.7'], form: 'value' },
  'atlas show': { args: ['198.51.100.1'], form: 'value' },
  'atlas estimate': { args: ['198.51.100.1'], form: 'value' },
  'atlas run': { args: ['198.51.100.1'], form: 'value' },
  'atlas cancel': { args: ['198.51.100.1'], form: 'value' },
  'atlas clean': { args: ['198.51.100.1'], form: 'value' },
  'data status': { args: [], form: 'value' },
  'data import': { args: ['prefix2as', dataset], form: 'value' },
  'data update': { args: [], form: 'value' },
  'admin archive status': { args: [], form: 'value' },
  'admin archive import': { args: [archiveRows, '--origin', HOSTILE], form: 'value' },
  'admin import-mysql': { args: [dump, '--dry-run'], form: 'value' },
  'admin atlas import': { args: [traceroutes], form: 'value' },
  'admin status': { args: [], form: 'value' },
  'admin applications': { args: ['--all'], form: 'value' },
  'admin approve': { args: ['4'], form: 'value' },
  'admin refuse': { args: ['4', '--note', 'no'], form: 'value' },
  'admin apply-from-mail': { args: [mail], form: 'value' },
  'admin mails': { args: [], form: 'value' },
  'admin users': { args: ['--after', '1'], form: 'value' },
  'admin invite': { args: ['a@example.org', '--name', HOSTILE, '--operator'], form: 'value' },
  'admin limits': { args: ['a@example.org', '--per-day', '7'], form: 'value' },
  'admin promote': { args: ['5'], form: 'value' },
  'admin demote': { args: ['5'], form: 'value' },
  'admin disable': { args: ['5'], form: 'value' },
  'admin enable': { args: ['5'], form: 'value' },
  'admin key-link': { args: ['5'], form: 'value' },
  'admin add-vp': { args: ['192.0.2.7', '--hostname', 'vp.example'], form: 'value' },
  'admin quarantine': { args: ['192.0.2.7', '--reason', 'noise'], form: 'value' },
  'admin legacy allow': { args: ['192.0.2.7'], form: 'value' },
  'admin legacy deny': { args: ['192.0.2.7'], form: 'value' },
  'admin stop': { args: ['user', '7', '--reason', HOSTILE], form: 'value' },
  'admin resume': { args: ['user', '7'], form: 'value' },
  'admin stopped': { args: [], form: 'value' },
  'admin budgets': { args: [], form: 'value' },
  'admin circuits': { args: [], form: 'value' },
  'admin self-audits': { args: ['--limit', '5'], form: 'value' },
  'admin lift': { args: ['atlas.exact'], form: 'value' },
  'admin opt-out list': { args: [], form: 'value' },
  'admin opt-out add': { args: ['192.0.2.0/24', '--reason', HOSTILE], form: 'value' },
  'admin opt-out import': { args: [networks], form: 'value' },
  'admin opt-out remove': { args: ['192.0.2.0/24'], form: 'value' },
  'admin audit': { args: ['192.0.2.7', '--at', '2026-11-20T10:00Z', '--limit', '5'], form: 'value' },
  'admin abuse': { args: ['192.0.2.7', '--reason', HOSTILE], form: 'value' },
  'admin opt-out requests': { args: ['--state', 'pending'], form: 'value' },
  'admin opt-out accept': { args: ['4', '--note', HOSTILE], form: 'value' },
  'admin opt-out refuse': { args: ['4'], form: 'value' },
  'admin opt-out contacts': { args: [], form: 'value' },
  'admin opt-out set-contact': { args: ['192.0.2.0/24', 'abuse@example.net'], form: 'value' },
  'admin opt-out remove-contact': { args: ['192.0.2.0/24'], form: 'value' },
  'sim truth': { args: ['--size', 'small', '--from', '1.0.0.1', '--to', '1.0.0.1'], form: 'value' },
  'sim datasets': { args: ['--size', 'small', '--out', join(directory, 'out')], form: 'value' },
  warts: { args: [WARTS], form: 'lines', isVerbatim: true },
  login: { args: [], form: 'value' },
  logout: { args: ['--revoke'], form: 'value' },
  'config show': { args: [], form: 'value' },
  'config set': { args: ['source', '198.51.100.1'], form: 'value' },
  'config unset': { args: ['source'], form: 'value' },
  'config use': { args: ['default'], form: 'value' },
  'completion bash': { args: [], form: 'value', isVerbatim: true },
  'completion zsh': { args: [], form: 'value', isVerbatim: true },
  'completion fish': { args: [], form: 'value', isVerbatim: true },
  'completion values': { args: ['batches'], form: 'value' },
};

/** Characters that a terminal interprets, other than the line feeds of the layout. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const isSafe = (text: string): boolean => !UNSAFE.test(text.replaceAll('\n', ''));

/** The commands that do something, by name. */
function leaves(command: Command, path: readonly string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

const silent = {
  environment: {},
  out: () => undefined,
  err: () => undefined,
  readFile: () => Promise.reject(new Error('no files')),
  isInteractive: false,
  isWatched: false,
};
/** All but `mcp`, which prints messages of a protocol. */
const ALL = leaves(createProgram(new Context(silent))).filter(([name]) => name !== 'mcp');

/** A configuration whose profile has a key for the server of the test. */
const options = () => ({
  environment,
  secret: 'revtr_typed',
  privateFiles: new Map([
    [
      '/nonexistent/.config/revtr/config.json',
      JSON.stringify({ profiles: { default: { server: api.url, key: 'a-key', source: '198.51.100.9' } } }),
    ],
  ]),
});

let api: ApiServer;
let environment: Record<string, string>;
beforeAll(async () => {
  api = await startApi();
  environment = { REVTR_SERVER: api.url, REVTR_KEY: 'a-key' };
  writeFileSync(dataset, '1.0.0.0\t8\t64500\n');
  writeFileSync(mail, `Address: 192.0.2.9\nHosting: ${HOSTILE}\nName: N\nE-mail: a@example.org\nReason: ${HOSTILE}\n`);
  writeFileSync(networks, '192.0.2.0/24 # one\nAS64500\n');
  writeFileSync(traceroutes, `${TRACEROUTE}\n`);
  writeFileSync(dump, DUMP);
  writeFileSync(archiveRows, '{"id":1}\n{"id":\n');
  writeFileSync(pairs, '192.0.2.1\n');
});
afterAll(async () => {
  await api.stop();
  rmSync(directory, { recursive: true });
});

describe('every command', () => {
  it('is covered by this test', () => {
    expect(ALL.map(([name]) => name).sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it.each(ALL)('%s has a description, described arguments and options, and --json', (_, command) => {
    expect(command.description()).toMatch(/^[A-Z]/);
    for (const argument of command.registeredArguments) expect(argument.description).not.toBe('');
    for (const option of command.options) expect(option.description).not.toBe('');
    expect(command.options.map(({ long }) => long)).toContain('--json');
  });

  it.each(Object.entries(COMMANDS))(
    '%s prints JSON alone with --json',
    async (name, { args, form, code: expected = 0 }) => {
      api.answers = answersOf();
      const { code, out } = await run([...name.split(' '), ...args, '--json'], options());
      expect(code).toBe(expected);
      const texts = form === 'lines' ? out.trimEnd().split('\n') : [out];
      for (const text of texts) expect(typeof JSON.parse(text)).toBe('object');
    },
  );

  it.each(Object.entries(COMMANDS))(
    '%s lets no text reach the terminal unescaped',
    async (name, { args, code: expected = 0 }) => {
      api.answers = answersOf(HOSTILE);
      for (const format of [[], ['--json']]) {
        const { code, out, err } = await run([...name.split(' '), ...args, ...format], options());
        expect(code).toBe(expected);
        expect(isSafe(out.replaceAll('\t', ''))).toBe(true);
        expect(isSafe(err)).toBe(true);
        expect(out).not.toMatch(/^forged/m);
        expect(out).not.toBe('');
      }
    },
  );

  it.each(Object.entries(COMMANDS).filter(([, { isVerbatim }]) => isVerbatim !== true))(
    '%s prints lines that fit a narrow screen',
    async (name, { args }) => {
      api.answers = answersOf('a host of-some-network.with.a-rather-long.name.example.net in AS64500');
      for (const columns of [120, 80, 60, 40]) {
        const { out } = await run([...name.split(' '), ...args], { ...options(), columns });
        expect(out).not.toBe('');
        // A word that is longer than the screen stays whole, because it may be copied.
        for (const line of out.split('\n'))
          if (line.trim().includes(' ')) expect(line.length).toBeLessThanOrEqual(columns);
      }
    },
  );

  it('lets no error of the server reach the terminal unescaped', async () => {
    const details = [{ at: HOSTILE, code: HOSTILE, message: HOSTILE }];
    api.failure = { status: 400, body: { error: { code: HOSTILE, message: HOSTILE, details } } };
    const { code, out, err } = await run(['sources'], { environment });
    api.failure = undefined;
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('evil');
    expect(isSafe(err)).toBe(true);
    expect(err).not.toMatch(/^forged/m);
  });

  it('sends what a new key is to permit, and when it expires', async () => {
    api.answers = answersOf();
    await run(['keys', 'create', 'laptop', '--days', '30', '--scopes', 'read', 'measure'], { environment });
    const sent = JSON.parse(api.requests.at(-1)?.body ?? '');
    expect(sent).toMatchObject({ name: 'laptop', scopes: ['read', 'measure'] });
    expect((Date.parse(sent.expiresAt) - Date.now()) / 86_400_000).toBeCloseTo(30, 2);
  });

  it('applies with the API key that there is, and without one where there is none', async () => {
    api.answers = answersOf();
    const args = ['apply', '192.0.2.9', '--hosting', 'H', '--reason', 'R'];
    await run(args, { environment });
    expect(api.requests.at(-1)).toMatchObject({ key: 'a-key' });
    await run([...args, '--name', 'N', '--email', 'e@example.org'], { environment: { REVTR_SERVER: api.url } });
    expect(api.requests.at(-1)).toMatchObject({ key: undefined });
  });

  it('says that there is no agent, on standard error', async () => {
    api.answers = { ...answersOf(), 'GET /api/v2/agents': { agents: [] } };
    expect(await run(['agents'], { environment })).toMatchObject({
      out: '',
      err: 'there is no agent that you may manage\n',
    });
  });

  it.each([
    [true, [], '  controller      ready, up for'],
    [true, [{ name: 'bus', outcome: 'failed' }], '! controller      ready (bus failed), up for'],
    [
      false,
      [
        { name: 'database', outcome: 'tooSlow' },
        { name: 'bus', outcome: 'failed' },
      ],
      '! controller      not ready (database is too slow, bus failed), up for',
    ],
  ] as const)('marks a controller with a part that fails (ready: %j, %j)', async (isReady, parts, line) => {
    const status = { ...statusOf('x'), isReady, parts: [...parts] };
    api.answers = { ...answersOf(), 'GET /api/v2/status': status };
    expect((await run(['admin', 'status'], { environment })).out).toContain(line);
  });

  it('shows one mail with its link when it is handed over', async () => {
    api.answers = answersOf();
    await run(['admin', 'mails', '--hand-over', '1'], { environment });
    expect(api.requests.at(-1)?.line).toBe('POST /api/v2/mails/1/link');
  });

  it('prints the original text with --json', async () => {
    api.answers = answersOf(HOSTILE);
    const { out } = await run(['sources', '--json'], { environment });
    expect(JSON.parse(out)).toEqual([{ ip: '198.51.100.1', hostname: HOSTILE, site: HOSTILE }]);
  });

  it.each(['measure', 'agents', 'data'])('%s prints its help', async (name) => {
    expect(await run([name, '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Usage: revtr ${name}`),
    });
  });
});
