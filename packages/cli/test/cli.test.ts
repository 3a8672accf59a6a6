import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parsePairs } from '../src/commands/batch.ts';
import { exitCodeOf } from '../src/exit-codes.ts';
import { type ApiServer, answersOf, startApi } from './api.ts';
import { type RunOptions, run } from './run.ts';
import { accuracyOf, measurementOf } from './values.ts';

const ESCAPE = String.fromCharCode(27);
const FIXTURES = new URL('../../scamper/test/fixtures/', import.meta.url);

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.answers = answersOf();
  api.failure = undefined;
});
afterAll(() => api.stop());

const revtr = (line: string, options: RunOptions = {}): ReturnType<typeof run> =>
  run(line.split(' '), {
    ...options,
    environment: { REVTR_SERVER: api.url, REVTR_KEY: 'a-key', ...options.environment },
  });

describe('exit codes of measurements', () => {
  const COMMANDS = ['measure 192.0.2.1 --to 198.51.100.1', 'batch pairs', 'fetch --label L', 'fetch --batch 7'];
  const files = { pairs: '192.0.2.1 198.51.100.1\n' };

  describe.each(COMMANDS)('revtr %s', (line) => {
    it.each([
      ['reaches', 0],
      ['trivial', 0],
      ['failed', 1],
      ['cancelled', 1],
      ['unfinished', 1],
    ] as const)('for a result "%s" is %i, with and without --json', async (outcome, code) => {
      api.answers = answersOf('text', measurementOf(outcome));
      expect((await revtr(line, { files })).code).toBe(code);
      expect((await revtr(`${line} --json`, { files })).code).toBe(code);
    });
  });

  it('is 1 when one of several measurements failed, and when there is none', async () => {
    const measurements = [measurementOf('reaches'), measurementOf('failed')];
    api.answers = { 'GET /api/v2/measurements': { measurements } };
    expect((await revtr('fetch --label L')).code).toBe(1);
    api.answers = { 'GET /api/v2/measurements': { measurements: [] } };
    expect(await revtr('fetch --label L')).toEqual({
      code: 1,
      out: '',
      err: 'you have no such measurement\n',
    });
  });
});

describe('exit codes of errors', () => {
  it.each([
    [400, 2],
    [401, 4],
    [403, 2],
    [404, 2],
    [409, 2],
    [413, 2],
    [429, 2],
    [500, 3],
    [503, 3],
  ])('for status %i is %i', async (status, code) => {
    api.failure = { status, body: { error: { code: 'aCode', message: 'a message', details: [] } } };
    expect(await revtr('sources')).toEqual({ code, out: '', err: 'revtr: a message\n' });
  });

  it('is 3 when no server answers, or not as the API describes', async () => {
    const lonely = await revtr('sources --server http://127.0.0.1:9');
    expect(lonely.code).toBe(3);
    expect(lonely.err).toMatch(/^revtr: cannot reach the server at http:\/\/127\.0\.0\.1:9: .+\n$/);
    api.answers = { 'GET /api/v1/sources': { sources: [] } };
    expect((await revtr('sources')).code).toBe(3);
    api.answers = { 'GET /api/v1/sources': { srcs: [null, { ip: {} }] } };
    const odd = await revtr('sources');
    expect([odd.code, odd.out]).toEqual([3, '']);
    expect(odd.err).toMatch(/^revtr: the server sent an answer that cannot be displayed: .+\n$/);
  });

  it('is 3 for errors that should not happen', () => {
    expect(exitCodeOf(new Error('unexpected'))).toBe(3);
  });

  it.each([
    'nonsense',
    'measure',
    'measure 192.0.2.1',
    'measure 192.0.2.1 --to',
    'measure 192.0.2.1 --to 198.51.100.1 --nonsense',
    'fetch',
    'fetch --label a --batch 1',
    'fetch --batch x',
    'find --asn ASX',
    'find --stop-reason nonsense',
    'admin approve x',
    'batch /nonexistent/file',
    'warts /nonexistent/file',
    'data import prefix2as /nonexistent/file',
    'data import nonsense /dev/null',
    'sim truth --from 300.1.1.1 --to 1.0.0.1',
    'sim truth --size small --from 223.1.1.1 --to 1.0.0.1',
    'sim truth --seed x --from 1.0.0.1 --to 1.0.0.1',
    'sim truth --size gigantic --from 1.0.0.1 --to 1.0.0.1',
    'sim datasets --out /dev/null/x --size small',
    'sim datasets --out x --missing 2',
    'sim datasets --out x --wrong nothing',
  ])('is 2 for "revtr %s", with a message and no result', async (line) => {
    const { code, out, err } = await revtr(line);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^(revtr|error): \S/);
    expect(err).not.toMatch(/^ +at /m);
  });

  it('lists the problems that the server reports, at most 20', async () => {
    const details = Array.from({ length: 30 }, (_, i) => ({ at: `revtrs[${i}].dst`, code: 'bad', message: 'is bad' }));
    api.failure = { status: 400, body: { error: { code: 'badRequest', message: '30 pairs are invalid', details } } };
    const { err } = await revtr('sources');
    const lines = err.split('\n');
    expect(lines.slice(0, 2)).toEqual(['revtr: 30 pairs are invalid', '  revtrs[0].dst: is bad']);
    expect(lines).toHaveLength(1 + 20 + 1 + 1);
    expect(err).toContain('  and 10 more\n');
  });
});

describe('server and key', () => {
  const keysOf = (): unknown[] => api.requests.map(({ key }) => key);

  it('accepts an address without http://', async () => {
    const address = api.url.replace('http://', '');
    expect((await revtr(`sources --server ${address}`)).code).toBe(0);
    expect((await revtr(`sources --server ${address.replace('127.0.0.1', 'localhost')}`)).code).not.toBe(2);
    expect((await revtr('sources', { environment: { REVTR_SERVER: address } })).code).toBe(0);
  });

  it.each(['ftp://127.0.0.1', 'http://', 'a b', 'http://[', '127.0.0.1:99999'])(
    'refuses the address %j',
    async (server) => {
      const { code, err } = await run(['sources', '--server', server], { environment: { REVTR_KEY: 'k' } });
      expect([code, err]).toEqual([2, expect.stringContaining('is not the address of a server')]);
    },
  );

  it('takes the key from the option, the environment, the profile, or the file, in this order', async () => {
    const before = keysOf().length;
    const home = '/home/user';
    const server = { REVTR_SERVER: api.url, HOME: home };
    const both = { ...server, REVTR_KEY: 'env-key' };
    const config = JSON.stringify({ profiles: { default: { server: api.url, key: 'profile-key' } } });
    const keyFile: [string, string] = [`${home}/.config/revtr.apikey`, ' file-key\n'];
    const privateFiles = new Map([keyFile, [`${home}/.config/revtr/config.json`, config]]);
    const files = { given: 'option-key\n' };
    await run(['sources', '--key-file', 'given'], { files, privateFiles, environment: both });
    await run(['sources'], { privateFiles, environment: both });
    await run(['sources'], { privateFiles, environment: server });
    await run(['sources'], { privateFiles: new Map([keyFile]), environment: server });
    expect(keysOf().slice(before)).toEqual(['option-key', 'env-key', 'profile-key', 'file-key']);
    const none = await run(['sources'], { environment: server });
    expect([none.code, none.err]).toEqual([4, expect.stringContaining('run revtr login')]);
  });

  it('never prints a key', async () => {
    const bad = await run(['sources'], { environment: { REVTR_SERVER: api.url, REVTR_KEY: 'secret\u0007key' } });
    expect(bad.code).toBe(2);
    expect(bad.err).not.toContain('secret');
  });
});

describe('revtr measure', () => {
  it('prints a table with every column, and no colours in a pipe', async () => {
    const { out } = await revtr('measure 192.0.2.1 --to 198.51.100.1 --why');
    expect(out).not.toContain(ESCAPE);
    const lines = out.split('\n');
    expect(lines[0]).toBe('Reverse traceroute from 192.0.2.1 back to 198.51.100.1');
    expect(lines[1].trim().split(/\s+/)).toEqual(['#', 'ADDRESS', 'NAME', 'AS', 'RTT', 'TECHNIQUE', 'TRUST']);
    expect(lines[2]).toMatch(/^1 +192\.0\.2\.1 +text +64500 text +12\.3 ms +destination +measured 99%$/);
    expect(lines[3]).toMatch(/^2 +203\.0\.113\.5 \(or 203\.0\.113\.6\) .+ - +spoofed rr \(reused\) +inferred 99%$/);
    expect(lines[4]).toMatch(/^3 +198\.51\.100\.1 +- +- +- +assumed \(across ASes\) +assumed 50%$/);
    expect(lines[5]).toBe('AS path: 64500 text');
    expect(lines[6]).toBe('reaches the source (1.23 s, 3 probes with IP options, 1 other probe)');
    expect(out).toMatch(/\n 1 {2}text\n 2 {2}text\n 3 {2}text\n$/);
  });

  it('says what was measured in place of a silent destination, and how old a path is that nothing was probed for', async () => {
    const { result, ...measurement } = measurementOf('reaches');
    if (result === undefined) throw new Error('it has a result');
    const show = async (changes: Partial<typeof result>) => {
      api.answers = answersOf('text', { ...measurement, result: { ...result, ...changes } });
      return (await revtr('measure 192.0.2.1 --to 198.51.100.1')).out.split('\n');
    };
    const throughNeighbour = await show({ measuredThrough: { address: '192.0.2.9', scope: 'subnet' } });
    expect(throughNeighbour[2]).toMatch(/destination +no answer$/);
    expect(throughNeighbour).toContain('The destination did not answer; measured through its neighbour 192.0.2.9.');
    expect(await show({ measuredThrough: { address: '192.0.9.9', scope: 'network' } })).toContain(
      'The destination did not answer; measured through a host of its network, 192.0.9.9.',
    );
    const reused = { oldestAgeMs: 12 * 60_000 };
    expect(await show({ reused })).toContain('From measurements up to 12 minutes older than this one.');
    const none = Object.fromEntries(Object.keys(result.stats).map((key) => [key, 0]));
    expect(await show({ reused, stats: { ...result.stats, ...none } })).toContain(
      'From measurements up to 12 minutes older than this one; nothing was probed.',
    );
    expect((await show({})).join()).not.toMatch(/did not answer|measurements up to/);
  });

  it('uses colours and prints progress on a screen, unless NO_COLOR is set', async () => {
    const events = `event: path\ndata: ${JSON.stringify({
      measurement: 1,
      hops: [{ address: '192.0.2.1', technique: 'destination', trust: 'measured', confidence: 1 }],
    })}\n\nevent: complete\ndata: {"total":1}\n\n`;
    api.answers = { ...answersOf(), 'GET /api/v2/batches/7/events': events };
    const line = 'measure 192.0.2.1 --to 198.51.100.1';
    const colourful = await revtr(line, { isInteractive: true });
    expect(colourful.out).toContain(ESCAPE);
    expect(colourful.err).toBe('  hop 1: 192.0.2.1, destination\n');
    expect((await revtr(`${line} --json`, { isInteractive: true })).err).toBe('  hop 1: 192.0.2.1, destination\n');
    const plain = await revtr(line, { isInteractive: true, environment: { NO_COLOR: '1' } });
    expect(plain.out).not.toContain(ESCAPE);
  });

  it('prints the forward path with its networks, and both paths side by side', async () => {
    const { result, ...measurement } = measurementOf('reaches');
    if (result === undefined) throw new Error('it has a result');
    const forward = {
      stop: 'completed',
      hops: [
        {
          ttl: 1,
          address: '203.0.113.77',
          sameRouterAs: '203.0.113.5',
          asn: 64_500,
          asName: 'One',
          name: 'gw.example',
          rttMs: 1.25,
        },
        { ttl: 2, address: '203.0.113.99', asn: 64_501, asName: 'Two' },
        { ttl: 3 },
        { ttl: 4, address: '192.0.2.1', asn: 64_502, asName: 'Three' },
      ],
    };
    api.answers = answersOf('text', { ...measurement, result: { ...result, forward } });
    const { out } = await revtr('measure 192.0.2.1 --to 198.51.100.1');
    const lines = out.slice(out.indexOf('Forward path')).split('\n');
    expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ['Forward path to 192.0.2.1 (completed)'],
      ['#', 'ADDRESS', 'NAME', 'AS', 'RTT'],
      ['1', '203.0.113.77', 'gw.example', '64500 One', '1.3 ms'],
      ['2', '203.0.113.99', '-', '64501 Two', '-'],
      ['3', '*', '-', '-', '-'],
      ['4', '192.0.2.1', '-', '64502 Three', '-'],
      ['AS path: 64500 One > 64501 Two > 64502 Three'],
      [''],
      ['Both paths, from the destination to the source'],
      ['FORWARD', 'REVERSE', 'AS'],
      ['192.0.2.1', '=', '192.0.2.1', '64500 text'],
      ['*', '<', '-'],
      ['203.0.113.99', '<', '64501 Two'],
      ['203.0.113.77', '=', '203.0.113.5', '64500 text'],
      ['198.51.100.1', '=', '198.51.100.1', '-'],
      ['= same router, ~ same network, < forward only, > reverse only'],
      [expect.stringMatching(/They share 1 of 3 networks\.$/)],
      [''],
    ]);
  });

  it('prints the name of a network once where it is a field', async () => {
    const both = await revtr('measure 192.0.2.1 --to 198.51.100.1 --fields as,asname');
    const one = await revtr('measure 192.0.2.1 --to 198.51.100.1 --fields as');
    expect(one.out.split('\n').slice(1, 3)).toEqual(['AS', '64500 text']);
    expect(both.out.split('\n').slice(1, 3)).toEqual(['AS     AS NAME', '64500  text']);
  });

  it('names the reason of a failure, and says that a destination is the source', async () => {
    api.answers = answersOf('a reason', measurementOf('failed', 'a reason'));
    const failed = await revtr('measure 192.0.2.1 --to 198.51.100.1');
    expect(failed.out).toContain('failed: a reason at 192.0.2.1 (1.23 s');
    api.answers = answersOf('text', measurementOf('trivial'));
    expect((await revtr('measure 192.0.2.1 --to 198.51.100.1')).out).toContain(
      'trivial: the destination is the source',
    );
  });

  it('asks the server for what the options say', async () => {
    await revtr('measure host.example --to 198.51.100.1 --label L --forward --fresh');
    const submitted = api.requests.findLast(({ line }) => line === 'POST /api/v1/revtr');
    expect(JSON.parse(submitted?.body ?? '')).toEqual({
      revtrs: [
        {
          src: '198.51.100.1',
          dst: 'host.example',
          label: 'L',
          isRunRttPings: true,
          isRunForwardTraceroute: true,
          useCache: false,
        },
      ],
    });
  });
});

describe('a screen of 80 columns', () => {
  const longest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length));

  it.each(['batch', 'completion', 'login', 'measure'])('fits the help of revtr %s', async (command) => {
    expect(longest((await run([command, '--help'], { columns: 80 })).out)).toBeLessThanOrEqual(80);
  });

  it('fits messages too, without a break in an address', async () => {
    const message = `no host at https://reverse-traceroute.example.net/a/path can be measured, ${'for this reason '.repeat(9)}`;
    api.failure = {
      status: 400,
      body: { error: { code: 'invalidPairs', message, details: [{ at: 'a', code: 'b', message }] } },
    };
    const screen = { columns: 80, messageColumns: 80, environment: { REVTR_SERVER: api.url, REVTR_KEY: 'k' } };
    const refused = await run(['measure', '192.0.2.1', '--to', '198.51.100.1'], screen);
    api.failure = undefined;
    const misspelt = await run(['measure', ...Array.from({ length: 9 }, (_, i) => `192.0.2.${i}`)], screen);
    for (const { code, err } of [refused, misspelt]) {
      expect(code).toBe(2);
      expect(longest(err)).toBeLessThanOrEqual(80);
    }
    expect(refused.err.match(/https:\/\/reverse-traceroute.example.net\/a\/path can/g)).toHaveLength(2);
  });

  it('tells kinds of hops apart whose names begin alike', async () => {
    const kinds = ['stamp', 'stamp.further', 'prefix'].map((turn) => `spoofedRecordRoute.${turn}`);
    const longer = ['atlasBetween.recordRouteBetween', 'atlasBetween.recordRouteBetween.further'];
    const hops = { count: 9, total: 9, share: 1, low: 0.7, high: 1, meanConfidence: 0.99, unjudged: 0 };
    const accuracy = {
      ...accuracyOf('text'),
      kinds: [...kinds, ...longer].map((kind) => ({ ...hops, kind, technique: 'atlas' })),
    };
    api.answers = { 'GET /api/v2/accuracy': accuracy };
    const { out } = await run(['accuracy', '--server', api.url], { columns: 80 });
    for (const kind of kinds) expect(out).toMatch(new RegExp(`^${kind} `, 'm'));
    expect(out.match(/^atlasBetween\S+/gm)).toEqual([longer[0], 'atlasBetween.recordRouteBetween…']);
    expect(longest(out)).toBeLessThanOrEqual(80);
    for (const head of ['JUDGED', 'RIGHT %', '95 % CI', 'CONFIDENCE %'])
      expect(out.match(/^KIND OF HOP.*$/m)?.[0]).toContain(head);
  });
});

describe('revtr cancel', () => {
  it('tells a batch that it cancels from one that had ended', async () => {
    api.answers = answersOf();
    expect((await revtr('cancel 7')).out).toBe('batch 7: 1 of 2 measurements cancelled in the queue, 1 are stopping\n');
    api.answers = { ...answersOf(), 'POST /api/v2/batches/7/cancel': { id: 7, total: 2, done: 2, cancelled: 0 } };
    expect(await revtr('cancel 7')).toMatchObject({ code: 0, out: 'batch 7 had ended: its 2 results do not change\n' });
  });
});

describe('revtr export', () => {
  it('reports a file that cannot be written, and keeps a file for which the server has nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'revtr-export-'));
    const file = join(directory, 'paths');
    writeFileSync(file, 'earlier');
    api.answers = answersOf();
    const unwritable = await revtr(`export 7 --out ${join(directory, 'missing', 'paths')}`);
    const unknown = await revtr(`export 8 --out ${file}`);
    const kept = readFileSync(file, 'utf8');
    rmSync(directory, { recursive: true });
    expect(unwritable).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^revtr: cannot write \S+paths: ENOENT/),
    });
    expect([unknown.code, kept]).toEqual([2, 'earlier']);
  });
});

describe('revtr batch', () => {
  const parse = (text: string, to?: string): unknown => parsePairs('pairs', text, to === undefined ? {} : { to });

  it('reads pairs with and without a source, comments, and both kinds of line ends', () => {
    expect(
      parse('# comment\r\n192.0.2.1 198.51.100.1\r\n\n 192.0.2.2,198.51.100.2 # why\n192.0.2.3', '198.51.100.9'),
    ).toEqual([
      { dst: '192.0.2.1', src: '198.51.100.1' },
      { dst: '192.0.2.2', src: '198.51.100.2' },
      { dst: '192.0.2.3', src: '198.51.100.9' },
    ]);
  });

  it('names the line that is wrong', () => {
    expect(() => parse('192.0.2.1 198.51.100.1\na b c')).toThrow('pairs: line 2 has more than a destination');
    expect(() => parse('192.0.2.1')).toThrow('pairs: line 1 names no source, and --to is missing');
    expect(() => parse('\n# nothing\n')).toThrow('pairs: the file has no pair');
  });

  it('prints the number of the batch with --no-wait, and reports pairs that were left out', async () => {
    const files = { '-': '192.0.2.1\n' };
    const plain = await revtr('batch - --to 198.51.100.1 --skip-invalid --no-wait', { files });
    expect(plain).toEqual({ code: 0, out: 'batch 7\n', err: 'left out text: text\n' });
    const json = await revtr('batch - --to 198.51.100.1 --no-wait --json', { files });
    expect(json.out).toBe('{"batchId":7}\n');
  });
});

describe('revtr warts', () => {
  const path = (name: string): string => fileURLToPath(new URL(name, FIXTURES));

  it.each(['ping', 'trace'])('prints the %s file as sc_warts2json does', async (name) => {
    const { code, out } = await revtr(`warts ${path(`${name}.warts`)}`, { environment: { TZ: 'UTC' } });
    expect(code).toBe(0);
    const judged = spawnSync('cat', [path(`${name}.jsonl`)], { encoding: 'utf8' }).stdout;
    const withoutLocalTime = (text: string): unknown =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line, (key, value) => (key === 'ftime' ? undefined : value)));
    expect(withoutLocalTime(out)).toEqual(withoutLocalTime(judged));
  });

  it('names the byte where a file is damaged', async () => {
    const { code, err } = await revtr(`warts ${path('ping.jsonl')}`);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^revtr: .*ping\.jsonl: there is no warts record at byte 0\n$/),
    ]);
  });
});

describe('revtr admin mails', () => {
  it('says that there are none', async () => {
    api.answers = { 'GET /api/v2/mails': { mails: [] } };
    expect((await revtr('admin mails')).out).toBe('no mails\n');
  });
});

describe('revtr admin audit --events', () => {
  it.each([
    ['visitorBatch', 0],
    ['nothing', 2],
  ])('--kind %s ends with the exit code %i', async (kind, code) => {
    expect((await revtr(`admin audit --events --kind ${kind}`)).code).toBe(code);
  });
});

describe('revtr data update', () => {
  it('updates the other datasets when one fails, and ends with the exit code of the failure', async () => {
    const [known] = (api.answers['GET /api/v2/datasets'] as { datasets: { kind: string }[] }).datasets;
    const { 'POST /api/v2/datasets/prefix2as/update': _, ...others } = answersOf();
    const datasets = [known, { ...known, kind: 'hitlist' }, { ...known, kind: 'mmdb', hasSource: false }];
    api.answers = {
      ...others,
      'GET /api/v2/datasets': { datasets },
      'POST /api/v2/datasets/hitlist/update': { ...known, kind: 'hitlist' },
    };
    expect(await revtr('data update')).toEqual({
      code: 2,
      out: 'hitlist: 5 entries in use\n',
      err: 'prefix2as: POST /api/v2/datasets/prefix2as/update\n',
    });
  });
});

describe('the program revtr', () => {
  const program = fileURLToPath(new URL('../bin/revtr.js', import.meta.url));

  it('prints its version and help', () => {
    const version = spawnSync(process.execPath, [program, '--version'], { encoding: 'utf8' });
    expect([version.status, version.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
    const help = spawnSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('Usage: revtr')]);
  });

  it('reads a batch from standard input', () => {
    const options = { encoding: 'utf8', input: '# nothing\n', env: { ...process.env, REVTR_KEY: 'k' } } as const;
    const { status, stderr } = spawnSync(process.execPath, [program, 'batch', '-'], options);
    expect([status, stderr]).toEqual([2, 'revtr: -: the file has no pair\n']);
  });

  it('says in one sentence that a version of Node.js is too old', () => {
    // Pretending an old version shows the message on every machine; a real old Node.js shows that it can parse the file.
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '22.17.9' })`;
    const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
    const old = spawnSync(process.execPath, ['--import', preload, program, 'sources'], { encoding: 'utf8' });
    const sentence = (version: string): string =>
      `revtr: Node.js ${version} is too old; revtr needs Node.js 22.18 or newer.\n`;
    expect([old.status, old.stdout, old.stderr]).toEqual([2, '', sentence('22.17.9')]);
    const system = '/usr/bin/node';
    const version = existsSync(system) ? spawnSync(system, ['--version'], { encoding: 'utf8' }).stdout.trim() : '';
    if (!/^v(1\d|2[01])\./.test(version)) return;
    const { status, stderr } = spawnSync(system, [program, 'sources'], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, sentence(version.slice(1))]);
  });
});
