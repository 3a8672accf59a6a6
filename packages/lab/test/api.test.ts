import { request } from 'node:http';
import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revtr } from './revtr.ts';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.stop());

interface Row {
  readonly id: number;
  readonly src: string;
  readonly dst: string;
  readonly status: string;
  readonly stopReason: string;
  readonly runtime: string;
  readonly date: string;
  readonly label: string;
  readonly path: {
    readonly hop: string;
    readonly type: string;
    readonly rtt?: number;
    readonly measurementId?: string;
    readonly fromCache?: boolean;
  }[];
  readonly stats: Readonly<Record<string, unknown>>;
}

/** The fields of all bodies: those that an answer lacks fail the comparison they are in. */
interface Body {
  readonly result_uri: string;
  readonly rejected: readonly object[];
  readonly revtrs: readonly Row[];
  readonly measurements: readonly Measurement[];
  readonly cursor: string;
  readonly srcs: readonly { readonly ip: string; readonly hostname: string; readonly site: string }[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: readonly { readonly at: string; readonly code: string }[];
  };
  readonly openapi: string;
  readonly paths: object;
  readonly components: { readonly schemas: object };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

async function call(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${system.url}${path}`, {
    method,
    headers: { 'Revtr-Key': system.key, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const post = (body: unknown, query = '', headers = {}): Promise<Answer> =>
  call('POST', `/api/v1/revtr${query}`, typeof body === 'string' ? body : JSON.stringify(body), headers);

async function finished(resultUri: string): Promise<readonly Row[]> {
  const batchId = Number(new URL(resultUri).searchParams.get('batchid'));
  const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  for await (const event of client.events(batchId)) if (event.type === 'complete') break;
  return (await call('GET', `/api/v1/revtr?batchid=${batchId}`)).body.revtrs;
}

describe('version 1', () => {
  it('accepts the unchanged command of the source hosting guide, with line continuation and form content type', async () => {
    const body = `{"revtrs":[{"src":"${system.source}", \\\n                            "dst":"${system.destinations[0]}"}]}`;
    const { status, body: answer } = await post(body, '', { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect(status).toBe(200);
    expect(Object.keys(answer)).toEqual(['result_uri']);
    expect(answer.result_uri).toMatch(new RegExp(`^${system.url}/api/v1/revtr\\?batchid=\\d+$`));
    const [revtr] = await finished(answer.result_uri);
    expect(revtr).toMatchObject({ status: 'COMPLETED', src: system.source, dst: system.destinations[0] });
  });

  it('answers with the names and types of the original', async () => {
    const revtrs = system.destinations.slice(0, 60).map((dst) => ({ src: system.source, dst, label: 'types' }));
    const rows = await finished((await post({ revtrs })).body.result_uri);
    expect(rows.map(({ dst }) => dst)).toEqual(revtrs.map(({ dst }) => dst));
    const types = new Set<string>();
    for (const row of rows) {
      expect(row.runtime).toMatch(/^\d+$/);
      expect(row.date).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC$/);
      expect(['REACHES', 'FAILED']).toContain(row.stopReason);
      expect(Number.isInteger(row.id)).toBe(true);
      expect(row.label).toBe('types');
      expect(row.path[0]).toMatchObject({ hop: row.dst, type: 'DST_REV_SEGMENT' });
      for (const hop of row.path) {
        types.add(hop.type);
        if (hop.rtt !== undefined) expect(Number.isInteger(hop.rtt)).toBe(true);
        if (hop.measurementId !== undefined) expect(hop.measurementId).toMatch(/^\d+$/);
        expect(hop.fromCache).not.toBe(false);
      }
      for (const [name, value] of Object.entries(row.stats)) {
        if (name.endsWith('Duration')) expect(value).toMatch(/^\d+(\.\d+)?s$/);
        else expect(value).toBeGreaterThan(0);
      }
    }
    expect([...types]).toEqual(
      expect.arrayContaining(['DST_REV_SEGMENT', 'TR_TO_SRC_REV_SEGMENT', 'SPOOF_RR_REV_SEGMENT']),
    );
  });

  it('accepts both spellings of every option', async () => {
    const camel = {
      src: system.source,
      dst: system.destinations[0],
      backoffEndhost: false,
      maxSpoofers: 4,
      rrVpSelectionAlgorithm: 'ingress_cover',
      atlasOptions: { useAtlas: true, useRrPings: false, ignoreSourceAs: true, stalenessBeforeRefresh: 5 },
      symmetryOptions: { isAllowInterdomainSymmetry: true },
      heuristicsOptions: { useDoubleStamp: true },
      checkDestBasedRoutingOptions: { checkTunnel: false },
      isRunForwardTraceroute: true,
      isRunRttPings: false,
      useTimestamp: false,
      useCache: true,
      staleness: '15',
    };
    const snake = {
      src: system.source,
      dst: system.destinations[0],
      backoff_endhost: false,
      max_spoofers: 4,
      rr_vp_selection_algorithm: 'ingress_cover',
      atlas_options: { use_atlas: true, use_rr_pings: false, ignore_source_as: true, staleness_before_refresh: 5 },
      symmetry_options: { is_allow_interdomain_symmetry: true },
      heuristics_options: { use_double_stamp: true },
      check_dest_based_routing_options: { check_tunnel: false },
      is_run_forward_traceroute: true,
      is_run_rtt_pings: false,
      use_timestamp: false,
      use_cache: true,
      staleness: '15',
    };
    for (const pair of [camel, snake]) {
      const { status, body } = await post({ revtrs: [pair], checkDB: true });
      expect(body.error?.details ?? []).toEqual([]);
      expect(status).toBe(200);
      const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
      const [measurement] = (await client.wait(Number(new URL(body.result_uri).searchParams.get('batchid'))))
        .measurements;
      expect(measurement.result?.forward?.hops.length).toBeGreaterThan(0);
    }
  });

  it('lists sources', async () => {
    const { body } = await call('GET', '/api/v1/sources');
    expect(body.srcs).toHaveLength(2);
    expect(body.srcs.map(({ ip }) => ip)).toContain(system.source);
    expect(Object.keys(body.srcs[0]).sort()).toEqual(['hostname', 'ip', 'site']);
  });

  it('finds only the user’s own measurements by label', async () => {
    const label = "it's; drop table";
    await finished(
      (await post({ revtrs: [{ src: system.source, dst: system.destinations[1], label }] })).body.result_uri,
    );
    expect((await call('GET', `/api/v1/revtr?label=${encodeURIComponent(label)}`)).body.revtrs).toHaveLength(1);
    const other = await limitedKey({});
    expect(
      (await call('GET', `/api/v1/revtr?label=${encodeURIComponent(label)}`, undefined, { 'Revtr-Key': other })).status,
    ).toBe(404);
    expect((await call('GET', '/api/v1/revtr?batchid=1', undefined, { 'Revtr-Key': other })).status).toBe(404);
    expect((await call('GET', '/api/v1/revtr?batchid=1')).status).toBe(200);
  });

  it('resolves host names', async () => {
    const [{ hostname, address }] = system.world.internet.places.vantagePoints;
    const [row] = await finished((await post({ revtrs: [{ src: system.source, dst: hostname }] })).body.result_uri);
    expect(parseIpv4(row.dst)).toBe(address);
  });
});

let users = 0;
const limitedKey = (limits: Parameters<typeof addUser>[2]): Promise<string> => {
  const many = { max_per_day: 1e6, max_parallel: 1e6, max_per_minute: 1e6 };
  return addUser(system, `x${users++}@example.org`, { ...many, ...limits });
};

describe('bad input', () => {
  const good = () => ({ src: system.source, dst: system.destinations[0] });
  const pairCode = async (pair: object): Promise<unknown> => {
    const { status, body } = await post({ revtrs: [good(), pair] }, '?skipInvalid=false');
    return { status, code: body.error.code, at: body.error.details[0].at, detail: body.error.details[0].code };
  };

  it('is refused with the place and the reason', async () => {
    const refused = (at: string, detail: string) => ({
      status: 400,
      code: 'invalidPairs',
      at: `revtrs[1].${at}`,
      detail,
    });
    expect(await pairCode({ ...good(), dst: '192.168.1.1' })).toEqual(refused('dst', 'destinationNotAllowed'));
    expect(await pairCode({ ...good(), dst: '224.0.0.5' })).toEqual(refused('dst', 'destinationNotAllowed'));
    expect(await pairCode({ ...good(), dst: '8.8.8.8' })).toEqual(refused('dst', 'destinationUnrouted'));
    expect(await pairCode({ ...good(), dst: 'nowhere.example' })).toEqual(refused('dst', 'unresolvedHost'));
    expect(await pairCode({ ...good(), dst: '1.2.3.4.5' })).toEqual(refused('dst', 'unresolvedHost'));
    expect(await pairCode({ ...good(), dst: '' })).toEqual(refused('dst', 'unresolvedHost'));
    expect(await pairCode({ ...good(), dst: 'a b\n' })).toEqual(refused('dst', 'unresolvedHost'));
    expect(await pairCode({ ...good(), src: '9.9.9.9' })).toEqual(refused('src', 'unknownSource'));
    expect(await pairCode({ ...good(), src: 'source' })).toEqual(refused('src', 'badAddress'));
  });

  it('names IPv6 at every entry that takes an address, and opt-outs accept it', async () => {
    const address = '2001:db8::1';
    const refused = (at: string) => ({ status: 400, at, code: 'ipv6NotSupported' });
    const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
      const { status, body: answer } = await call(method, path, body && JSON.stringify(body), {
        'Revtr-Key': system.key,
        'content-type': 'application/json',
      });
      const [detail] = answer.error?.details ?? [];
      return { status, at: detail?.at, code: detail?.code };
    };
    for (const text of [address, '[2001:db8::1]', '::ffff:192.0.2.1', 'fe80::1%eth0', '2001:db8::/32']) {
      const pair = { ...good(), dst: text };
      expect(await ask('POST', '/api/v1/revtr?skipInvalid=false', { revtrs: [good(), pair] })).toEqual(
        refused('revtrs[1].dst'),
      );
    }
    expect(await ask('POST', '/api/v1/revtr?skipInvalid=false', { revtrs: [{ ...good(), src: address }] })).toEqual(
      refused('revtrs[0].src'),
    );
    const watch = { source: system.source, destination: address, intervalSeconds: 900 };
    expect(await ask('POST', '/api/v2/watches', watch)).toMatchObject({ status: 400, code: 'ipv6NotSupported' });
    const application = { address, hosting: 'a', name: 'b', email: 'c@example.org', reason: 'd' };
    expect(await ask('POST', '/api/v2/sources/applications', application)).toEqual(refused('address'));
    const vantagePoint = { address, hostname: 'a', site: 'b' };
    expect(await ask('POST', '/api/v2/agents', vantagePoint)).toEqual(refused('address'));
    expect(await ask('GET', `/api/v2/agents/${address}`)).toEqual(refused('address'));
    expect(await ask('GET', `/api/v2/audit?agent=${address}`)).toEqual(refused('agent'));
    const long = '2001:db8:85a3:1234:5678:8a2e:370:7334';
    const probeOf = (fields: object) => ({
      type: 'ping',
      probes: [{ from: system.source, to: good().dst, ...fields }],
    });
    for (const field of ['from', 'to', 'as'])
      expect(await ask('POST', '/api/v2/probes', probeOf({ [field]: long }))).toEqual(refused(`probes[0].${field}`));
    const abuse = { target: long, reason: 'asked' };
    expect(await ask('POST', '/api/v2/abuse-reports', abuse)).toEqual(refused('target'));
    expect(await ask('GET', `/api/v2/audit?target=${address}`)).toEqual(refused('target'));
    expect(await ask('POST', '/api/v2/sources/applications', { ...application, address: long })).toEqual(
      refused('address'),
    );
    for (const path of [`atlas/${long}`, `sources/${long}/visibility`])
      expect(await ask('GET', `/api/v2/${path}`)).toEqual(refused('source'));
    const optOut = { network: '2001:db8::/32', reason: 'asked' };
    expect(await ask('POST', '/api/v2/opt-outs', optOut)).toMatchObject({ status: 200 });
    const batch = await revtr(system, ['batch', '-', '--to', system.source], { files: { '-': `${address}\n` } });
    expect(batch).toMatchObject({ code: 2, out: '' });
    expect(batch.err).toContain(`revtrs[0].dst: '${address}' is an IPv6 address`);
  });

  it('lets the good pairs run by default, as the original does, and names the others', async () => {
    const bad = [
      { ...good(), dst: '10.0.0.1' },
      { ...good(), dst: '8.8.8.8' },
      { ...good(), src: '9.9.9.9' },
    ];
    const { status, body } = await post({ revtrs: [...bad, good()] });
    expect(status).toBe(200);
    expect(body.rejected).toEqual([
      expect.objectContaining({ index: 0, at: 'revtrs[0].dst', code: 'destinationNotAllowed' }),
      expect.objectContaining({ index: 1, at: 'revtrs[1].dst', code: 'destinationUnrouted' }),
      expect.objectContaining({ index: 2, at: 'revtrs[2].src', code: 'unknownSource' }),
    ]);
    expect(await finished(body.result_uri)).toHaveLength(1);
    expect((await post({ revtrs: bad })).status).toBe(400);
  });

  it.each([
    ['no JSON', '{"revtrs":', 'badJson'],
    ['no body', '', 'badRequest'],
    ['null', 'null', 'badRequest'],
    ['a list', '[]', 'badRequest'],
    ['no pairs', '{"revtrs":[]}', 'emptyBatch'],
    ['an unknown field', '{"revtrs":[],"what":1}', 'badRequest'],
    ['an unknown field of a pair', '{"revtrs":[{"src":"1.1.1.1","dst":"1.1.1.1","what":1}]}', 'badRequest'],
    ['a pair without destination', '{"revtrs":[{"src":"1.1.1.1"}]}', 'badRequest'],
    ['a wrong type', '{"revtrs":[{"src":"1.1.1.1","dst":"1.1.1.1","maxSpoofers":-1}]}', 'badRequest'],
    ['a prototype', '{"__proto__":{"revtrs":[]},"revtrs":[]}', 'badRequest'],
  ])('%s gets a clear 400', async (_, body, code) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toBe(code);
    expect(answer.body.error.message.length).toBeGreaterThan(10);
  });

  it('names the unknown field', async () => {
    const { body } = await post('{"revtrs":[{"src":"1.1.1.1","dst":"1.1.1.1","what":1}]}');
    expect(JSON.stringify(body.error.details)).toContain('what');
    expect(body.error.details[0].at).toBe('revtrs[0]');
  });

  it('gets 401 without a good key, whatever the body', async () => {
    for (const key of ['', 'revtr_wrong', "' or 1=1 --"]) {
      expect((await post('{}', '', { 'Revtr-Key': key })).status).toBe(401);
      expect((await call('GET', '/api/v1/sources', undefined, { 'Revtr-Key': key })).status).toBe(401);
    }
  });

  it('gets 400 or 404 for queries that cannot be answered', async () => {
    const statusOf = async (path: string): Promise<number> => (await call('GET', path)).status;
    expect(await statusOf('/api/v1/revtr')).toBe(400);
    expect(await statusOf('/api/v1/revtr?batchid=abc')).toBe(400);
    expect(await statusOf('/api/v1/revtr?batchid=1&label=x')).toBe(400);
    expect(await statusOf('/api/v1/revtr?batchid=0')).toBe(404);
    expect(await statusOf('/api/v1/revtr?batchid=99999999')).toBe(404);
    expect(await statusOf('/api/v1/revtr?label=none')).toBe(404);
    expect(await statusOf('/api/v2/batches/99999999')).toBe(404);
    expect(await statusOf('/api/v2/batches/99999999/events')).toBe(404);
    expect(await statusOf('/nothing')).toBe(404);
    const wrongMethod = await call('POST', '/api/v1/sources', '{}');
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('gets 413 for 100,000 pairs', async () => {
    const { status, body } = await post({ revtrs: Array.from({ length: 100_000 }, good) });
    expect([status, body.error.code]).toEqual([413, 'batchTooLarge']);
  });

  it('gets 413 for a body of 1 GiB before it is sent', async () => {
    const { hostname, port } = new URL(system.url);
    const status = await new Promise((resolve, reject) => {
      const headers = {
        'Revtr-Key': system.key,
        'Content-Type': 'application/json',
        'Content-Length': String(2 ** 30),
      };
      const upload = request({ hostname, port, path: '/api/v1/revtr', method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        upload.destroy();
      });
      upload.on('error', reject);
      upload.write('{"revtrs":[');
    });
    expect(status).toBe(413);
  });

  it('leaves the server alive and nothing half done', async () => {
    expect((await call('GET', '/health')).body).toEqual({ status: 'ok' });
    expect((await post({ revtrs: [good()] })).status).toBe(200);
  });
});

describe('quotas', () => {
  it('have distinct codes and state the time to wait', async () => {
    const revtrs = system.destinations.slice(0, 60).map((dst) => ({ src: system.source, dst }));
    const refused = async (limits: Parameters<typeof limitedKey>[0]): Promise<unknown> => {
      const headers = { 'Revtr-Key': await limitedKey(limits) };
      // At the same time, because the measurements of the first batch end soon.
      const answers = await Promise.all([post({ revtrs }, '', headers), post({ revtrs }, '', headers)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 429]);
      const refusal = answers.find(({ status }) => status === 429);
      return [429, refusal?.body.error.code, Number(refusal?.headers.get('retry-after')) > 0];
    };
    expect(await refused({ max_per_day: 60 })).toEqual([429, 'quotaPerDay', true]);
    expect(await refused({ max_parallel: 60 })).toEqual([429, 'quotaParallel', true]);
    expect(await refused({ max_per_minute: 60 })).toEqual([429, 'quotaPerMinute', true]);
  });

  it('are announced in standard headers, on success and on refusal', async () => {
    const revtrs = system.destinations.slice(0, 3).map((dst) => ({ src: system.source, dst }));
    const key = await limitedKey({ max_per_day: 10, max_parallel: 20, max_per_minute: 4 });
    const limits = async (): Promise<(string | null)[]> => {
      const { headers } = await post({ revtrs }, '', { 'Revtr-Key': key });
      return [headers.get('ratelimit-policy'), headers.get('ratelimit')];
    };
    const policy = '"perDay";q=10;w=86400, "parallel";q=20;qu="concurrent-requests", "perMinute";q=4;w=60';
    expect(await limits()).toEqual([
      policy,
      expect.stringMatching(/^"perDay";r=7;t=\d+, "parallel";r=\d+;t=10, "perMinute";r=1;t=60$/),
    ]);
    expect(await limits()).toEqual([policy, expect.stringMatching(/^"perDay";r=7;.*"perMinute";r=1;t=60$/)]);
  });

  it('answer 413 to a batch that they can never allow', async () => {
    const revtrs = system.destinations.slice(0, 3).map((dst) => ({ src: system.source, dst }));
    const { status, body, headers } = await post({ revtrs }, '', {
      'Revtr-Key': await limitedKey({ max_parallel: 2 }),
    });
    expect([status, body.error.code, headers.get('retry-after')]).toEqual([413, 'batchTooLarge', null]);
    expect(body.error.message).toContain('at most 2 pairs');
  });
});

describe('progress', () => {
  it('comes as server-sent events, path by path, to the end', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const revtrs = system.destinations.slice(20, 50).map((dst) => ({ src: system.source, dst }));
    const { batchId } = await client.submit(revtrs);
    const types: string[] = [];
    const batch = await client.wait(batchId, { paths: true, onEvent: ({ type }) => types.push(type) });
    expect(batch).toMatchObject({ total: 30, done: 30 });
    expect(types[types.length - 1]).toBe('complete');
    expect(types).toContain('progress');
  });

  it('of a finished batch is complete at once', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[0] }]);
    await client.wait(batchId);
    const types: string[] = [];
    await client.wait(batchId, { onEvent: ({ type }) => types.push(type) });
    expect(types).toEqual(['progress', 'complete']);
  });
});

describe('the document', () => {
  it('is OpenAPI 3.1 and names every route that users have', async () => {
    const { body } = await call('GET', '/openapi.json');
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths).sort()).toEqual([
      '/api/v1/atlas/clean',
      '/api/v1/atlas/run',
      '/api/v1/ping',
      '/api/v1/pings',
      '/api/v1/pings/batch/responses',
      '/api/v1/revtr',
      '/api/v1/rr',
      '/api/v1/sources',
      '/api/v1/traceroute',
      '/api/v1/traceroutes',
      '/api/v1/ts',
      '/api/v1/vps',
      '/api/v2/abuse-contacts',
      '/api/v2/abuse-reports',
      '/api/v2/account',
      '/api/v2/account/archive',
      '/api/v2/account/export',
      '/api/v2/account/usage',
      '/api/v2/accuracy',
      '/api/v2/agents',
      '/api/v2/agents/{address}',
      '/api/v2/agents/{address}/certificate',
      '/api/v2/agents/{address}/legacy',
      '/api/v2/agents/{address}/quarantine',
      '/api/v2/agents/{address}/test',
      '/api/v2/aliases',
      '/api/v2/archive',
      '/api/v2/atlas/clean',
      '/api/v2/atlas/run',
      '/api/v2/atlas/traceroutes',
      '/api/v2/atlas/{source}',
      '/api/v2/atlas/{source}/estimate',
      '/api/v2/atlas/{source}/runs',
      '/api/v2/audit',
      '/api/v2/audit/events',
      '/api/v2/batches',
      '/api/v2/batches/{id}',
      '/api/v2/batches/{id}/cancel',
      '/api/v2/batches/{id}/events',
      '/api/v2/batches/{id}/export',
      '/api/v2/batches/{id}/measurements',
      '/api/v2/batches/{id}/waiting',
      '/api/v2/budgets',
      '/api/v2/circuits',
      '/api/v2/datasets',
      '/api/v2/datasets/{kind}',
      '/api/v2/datasets/{kind}/update',
      '/api/v2/imported-results',
      '/api/v2/keys',
      '/api/v2/keys/{id}',
      '/api/v2/keys/{id}/rotate',
      '/api/v2/kill-switches',
      '/api/v2/links',
      '/api/v2/mails',
      '/api/v2/mails/{id}/link',
      '/api/v2/measurements',
      '/api/v2/measurements/{id}',
      '/api/v2/measurements/{id}/publication',
      '/api/v2/migration',
      '/api/v2/opt-out-requests',
      '/api/v2/opt-out-requests/check',
      '/api/v2/opt-out-requests/{id}/accept',
      '/api/v2/opt-out-requests/{id}/refuse',
      '/api/v2/opt-outs',
      '/api/v2/opt-outs/import',
      '/api/v2/probes',
      '/api/v2/probes/{id}',
      '/api/v2/probes/{id}/events',
      '/api/v2/public-results',
      '/api/v2/public-results/{token}',
      '/api/v2/queue',
      '/api/v2/registrations',
      '/api/v2/revtr',
      '/api/v2/revtr/meta/{batchId}',
      '/api/v2/revtr/status/{batchId}',
      '/api/v2/revtr/{batchId}',
      '/api/v2/self-audits',
      '/api/v2/sessions',
      '/api/v2/sessions/link',
      '/api/v2/sessions/{id}',
      '/api/v2/sources',
      '/api/v2/sources/applications',
      '/api/v2/sources/applications/{id}/approve',
      '/api/v2/sources/applications/{id}/refuse',
      '/api/v2/sources/{address}/visibility',
      '/api/v2/status',
      '/api/v2/suspensions/{kind}',
      '/api/v2/users',
      '/api/v2/users/{id}',
      '/api/v2/users/{id}/link',
      '/api/v2/watches',
      '/api/v2/watches/{id}',
      '/api/v2/watches/{id}/alerts',
      '/api/v2/watches/{id}/changes',
      '/api/v2/watches/{id}/runs',
      '/api/v2/watches/{id}/test',
    ]);
    expect(body.components.schemas).toHaveProperty('Measurement');
  });

  it('counts what was measured, for Prometheus', async () => {
    const text = await (await fetch(`${system.url}/metrics`)).text();
    expect(text).toMatch(/revtr_measurements_total\{stop_reason="reaches"\} \d+/);
  });
});

describe('measurements with a label', () => {
  it('come in pages', async () => {
    const label = 'pages';
    const revtrs = system.destinations.slice(0, 5).map((dst) => ({ src: system.source, dst, label }));
    await finished((await post({ revtrs })).body.result_uri);
    const ids: number[] = [];
    for (let after = 0; ; ) {
      const response = await fetch(`${system.url}/api/v2/measurements?label=${label}&limit=2&after=${after}`, {
        headers: { 'Revtr-Key': system.key },
      });
      const { measurements, next } = Object(await response.json());
      expect(measurements.length).toBeLessThanOrEqual(2);
      for (const { id } of measurements) ids.push(id);
      if (next === undefined) break;
      after = next;
    }
    expect(new Set(ids).size).toBe(5);
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const found: number[] = [];
    for await (const { id } of client.find({ label }, { perPage: 2 })) found.push(id);
    expect(found).toEqual(ids);
    expect((await call('GET', `/api/v2/measurements?label=${label}&limit=10001`)).status).toBe(400);
  });

  it('are found by other properties too, by their owner only', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const label = 'found';
    for (const first of [0, 12]) {
      const revtrs = system.destinations.slice(first, first + 12).map((dst) => ({ src: system.source, dst, label }));
      await finished((await post({ revtrs })).body.result_uri);
    }
    const all: Measurement[] = [];
    for await (const measurement of client.find({ label }, { order: 'newest' })) all.push(measurement);
    expect(all.length).toBeGreaterThan(20);
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => b - a));
    const one = all.findLast(({ result }) => result?.stopReason === 'reaches' && result.hops.some(({ asn }) => asn));
    const asn = one?.result?.hops.find((hop) => hop.asn !== undefined)?.asn ?? 0;
    const { destination = '', createdAt = '', batchId = 0 } = one ?? {};
    const found = async (query: object) => {
      const { status, body } = await call('GET', `/api/v2/measurements?${new URLSearchParams({ label, ...query })}`);
      expect(status).toBe(200);
      return body.measurements.map(({ id }) => id).sort((a, b) => b - a);
    };
    const idsOf = (isWanted: (measurement: Measurement) => boolean | undefined) =>
      all.filter(isWanted).map(({ id }) => id);
    const { source } = system;
    const prefix = `${destination.split('.').slice(0, 2).join('.')}.0.0/16`;
    expect(await found({ source, destination })).toEqual(idsOf((row) => row.destination === destination));
    expect(await found({ source, prefix })).toEqual(
      idsOf((row) => row.destination.startsWith(prefix.replace('0.0/16', ''))),
    );
    expect(await found({ source, asn, stopReason: 'reaches' })).toEqual(
      idsOf(
        ({ result }) =>
          result?.stopReason === 'reaches' &&
          result.hops.some((hop) => hop.asn === asn || hop.hiddenNetwork?.asn === asn),
      ),
    );
    const [{ createdAt: later }] = all;
    expect(later > createdAt).toBe(true);
    expect(await found({ from: later })).toEqual(idsOf((row) => row.createdAt >= later));
    expect(await found({ to: later })).toEqual(idsOf((row) => row.createdAt < later));
    expect(await found({ source, from: createdAt })).toEqual(idsOf((row) => row.createdAt >= createdAt));
    expect(await found({ batch: batchId })).toEqual(idsOf((row) => row.batchId === batchId));

    const other = { 'Revtr-Key': await limitedKey({}) };
    expect((await call('GET', `/api/v2/measurements?source=${source}`, undefined, other)).body).toEqual({
      measurements: [],
    });
    expect((await call('GET', `/api/v2/measurements?batch=${batchId}`, undefined, other)).status).toBe(404);
    const { cursor } = (await call('GET', `/api/v2/measurements?source=${source}&limit=1`)).body;
    for (const bad of [
      ...[`limit=1&cursor=${cursor}`, `source=${source}&order=newest&cursor=${cursor}`, `cursor=x`],
      ...[`source=${source}&cursor=${cursor}&after=1`, `source=${source}&cursor=${cursor}A`, 'prefix=1.2.3.4/8'],
      ...['asn=4294967296', 'stopReason=x', 'from=yesterday', 'order=x', 'source=1', 'label='],
    ])
      expect((await call('GET', `/api/v2/measurements?${bad}`)).status, bad).toBe(400);
    expect((await call('GET', `/api/v2/measurements?source=${source}&cursor=${cursor}`, undefined, other)).status).toBe(
      400,
    );
  });
});

describe('kill switches', () => {
  const change = (method: 'PUT' | 'DELETE', what: { scope: string; subject?: string }) =>
    method === 'PUT'
      ? call('PUT', '/api/v2/kill-switches', JSON.stringify({ ...what, reason: 'a test' }))
      : call('DELETE', `/api/v2/kill-switches?${new URLSearchParams(what)}`);

  it('stop the probes to a target, say so in the result, and can be lifted', async () => {
    const [, , dst] = system.destinations;
    const subject = `${dst}/32`;
    const measured = async () => {
      const { body } = await post({ revtrs: [{ src: system.source, dst, useCache: false }] });
      const [row] = await finished(body.result_uri);
      return row;
    };
    expect((await change('PUT', { scope: 'target', subject: dst })).body).toMatchObject({
      killSwitches: [{ scope: 'target', subject, reason: 'a test' }],
    });
    expect((await measured()).status).toBe('CANCELED');
    expect((await change('DELETE', { scope: 'target', subject })).body).toEqual({ killSwitches: [] });
    expect((await measured()).stopReason).toBe('REACHES');
  });

  it('are for operators, and refuse subjects that do not fit', async () => {
    const key = await limitedKey({});
    const headers = { 'Revtr-Key': key };
    expect((await call('GET', '/api/v2/kill-switches', undefined, headers)).status).toBe(403);
    expect((await change('PUT', { scope: 'source', subject: 'nowhere' })).status).toBe(400);
    expect((await change('DELETE', { scope: 'spoofing' })).status).toBe(404);
  });
});
