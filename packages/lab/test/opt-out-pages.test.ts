import { createHash } from 'node:crypto';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSystem, type TestSystem } from './system.ts';

/** Text that becomes markup, script or another attribute on a page that does not escape it. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus=alert(1) x='",
  '</textarea><svg/onload=alert(1)>',
  '<!--<script>',
  '&lt;b&gt;',
  '`+alert(1)+`',
  'javascript:alert(1)',
  '\u003cscript\u003e',
  '</title><script>',
  '<a href="//evil.example">',
  '\u2028<b>',
] as const;

describe('pages for people who found a packet in their logs', () => {
  let system: TestSystem;
  let operator: ReverseTracerouteClient;
  const records = new Map<string, string[][]>();
  beforeAll(async () => {
    system = await startTestSystem({
      publicUrl: 'https://revtr.example',
      probeIdentity: { contact: 'mailto:probes@revtr.example', operator: 'A <b>University</b> & "friends"' },
      reverseDns: {
        resolveTxt: async (name) => records.get(name) ?? [],
        resolvePtr: () => Promise.reject(new Error('no record')),
      },
    });
    operator = new ReverseTracerouteClient({ server: system.url, key: system.key });
  });
  afterAll(() => system.stop());

  const open = async (path: string, form?: Record<string, string>) => {
    const response = await fetch(`${system.url}${path}`, {
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
      redirect: 'manual',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  /** The elements of a page, with their attributes. */
  const elementsOf = (text: string): string[] => text.match(/<[a-z!/][^>]*>/gi) ?? [];

  it.each(['/opt-out', '/about-probes'])('%s loads and runs nothing, and cannot be framed', async (path) => {
    const { status, headers, text } = await open(path);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).not.toMatch(/unsafe|script-src|https?:/);
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '';
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('set-cookie')).toBeNull();
    for (const element of elementsOf(text))
      expect(element).not.toMatch(/<(script|img|iframe|link|object)|\son\w+=|src=|https?:/i);
  });

  it('say who sends the probes, with everything escaped', async () => {
    const { text } = await open('/about-probes');
    expect(text).toContain('A &lt;b&gt;University&lt;/b&gt; &amp; &quot;friends&quot;');
    expect(text).toContain('href="mailto:probes@revtr.example"');
  });

  it('are accompanied by a description for programs (RFC 9511)', async () => {
    const { status, headers, text } = await open('/.well-known/probing.txt');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const fields = new Map(
      text
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    expect([...fields.keys()]).toEqual(['Canonical', 'Contact', 'Expires', 'Preferred-Languages', 'Description']);
    expect(fields.get('Canonical')).toBe('https://revtr.example/.well-known/probing.txt');
    expect(fields.get('Contact')).toBe('mailto:probes@revtr.example');
    expect(Date.parse(fields.get('Expires') ?? '')).toBeGreaterThan(Date.now());
  });

  it('show hostile text as text, and refuse it as a network', async () => {
    const [, ...harmless] = elementsOf((await open('/opt-out')).text);
    const names = (elements: string[]): string[] =>
      elements.map((element) => element.split(/[\s>]/, 1)[0]).filter((name) => !/^<\/?(p|strong)$/.test(name));
    for (const bad of HOSTILE.slice(0, 8)) {
      const { status, text } = await open('/opt-out', { network: bad, email: bad, reason: bad });
      if (status === 429) break;
      expect(status).toBe(400);
      expect(names(elementsOf(text).slice(1))).toEqual(names(harmless));
      for (const element of elementsOf(text)) expect(element.replaceAll(/"[^"]*"/g, '')).not.toMatch(/\son\w+=/i);
    }
    const { token } = await request('AS64999', HOSTILE.join(' ').slice(0, 500));
    const { text } = await open('/opt-out/check', { token });
    expect(text).not.toContain('<script>');
    for (const bad of HOSTILE)
      expect((await open(`/opt-out/confirm?token=${encodeURIComponent(bad)}`)).status).toBe(404);
  });

  it('accept an IPv6 prefix in the form, and show the records of its reverse zone', async () => {
    const { status, text } = await open('/opt-out', { network: '2001:DB8:0::/32', email: '', reason: '' });
    expect(status).toBe(200);
    expect(text).toContain('2001:db8::/32');
    expect(text).toContain('8.b.d.0.1.0.0.2.ip6.arpa. TXT');
  });

  it('answer nonsense with a page and without a fault', async () => {
    const post = async (path: string, type: string, body: string): Promise<number> =>
      (await fetch(`${system.url}${path}`, { method: 'POST', headers: { 'content-type': type }, body })).status;
    expect(await post('/opt-out/check', 'application/json', '{}')).toBe(415);
    expect(await post('/opt-out/check', 'application/x-www-form-urlencoded', `token=${'x'.repeat(20_000)}`)).toBe(413);
    expect(await post('/opt-out/check', 'application/x-www-form-urlencoded', 'token=%00')).toBe(400);
    expect(
      await post('/opt-out/check', 'application/x-www-form-urlencoded', '__proto__=1&constructor=2&token[]=3'),
    ).toBe(404);
    expect(await post('/opt-out/check', 'application/x-www-form-urlencoded', 'token=a&token=b')).toBe(404);
  });

  /** A request through the API, which has a limit apart from that of the page. */
  const request = async (
    network: string,
    reason = '',
  ): Promise<{ token: string; zones: string[][]; record: string }> => {
    const response = await fetch(`${system.url}/api/v2/opt-out-requests`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ network, reason }),
    });
    expect(response.status).toBe(200);
    const answer: { token: string; zones: string[][]; record: string } = JSON.parse(await response.text());
    return answer;
  };

  it('lead from a request to its effect by a record in the reverse zone', async () => {
    const [destination] = system.destinations;
    const { token, zones, record } = await request(destination);
    expect(zones[0]).toEqual([`${destination.split('.').reverse().join('.')}.in-addr.arpa`]);
    const pair = { src: system.source, dst: destination };
    await operator.submit([pair]);
    records.set(zones[0][0], [[record]]);
    const { status, text } = await open('/opt-out/check', { token });
    expect([status, text.includes('was accepted')]).toEqual([200, true]);
    const refusal: unknown = await operator.submit([pair]).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ details: { problems: [{ code: 'destinationOptedOut' }] } });
  });

  it('lead by a mail to the registered abuse contact, whose link alone changes nothing', async () => {
    await operator.fleet.setAbuseContact('AS64998', 'abuse@example.net');
    await request('AS64998');
    const [{ recipient, body }] = await operator.fleet.mails();
    expect(recipient).toBe('abuse@example.net');
    const token = new URL(/https:\S+/.exec(body)?.[0] ?? '').searchParams.get('token') ?? '';
    expect((await open(`/opt-out/confirm?token=${token}`)).text).toContain('Stop probes to AS64998?');
    const networks = async (): Promise<string[]> => (await operator.fleet.optOuts()).map(({ network }) => network);
    expect(await networks()).not.toContain('AS64998');
    expect((await open('/opt-out/confirm', { token })).text).toContain('was accepted');
    expect(await networks()).toContain('AS64998');
    expect((await open('/opt-out/confirm', { token })).status).toBe(409);
  });

  it('leave the rest to operators', async () => {
    await request('AS64997');
    const [{ id }] = await operator.fleet.optOutRequests('pending');
    expect(await operator.fleet.refuseOptOut(id, 'no')).toMatchObject({ network: 'AS64997', state: 'refused' });
    await expect(operator.fleet.acceptOptOut(id)).rejects.toMatchObject({ details: { serverCode: 'conflict' } });
  });

  it('import lists as a whole', async () => {
    const bad = operator.fleet.importOptOuts('192.0.2.0/24\nnonsense\n', 'x');
    await expect(bad).rejects.toMatchObject({ details: { problems: [{ at: 'line 2' }] } });
    const list = Array.from({ length: 12_000 }, (_, i) => `203.${i >> 8}.${i & 255}.0/24 # no ${i}`).join('\n');
    expect(await operator.fleet.importOptOuts(list, 'a list')).toBe(12_000);
    const optOuts = await operator.fleet.optOuts();
    expect(optOuts.filter(({ reason }) => reason === 'a list')).toHaveLength(12_000);
  });

  it('are limited for each client', async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 12; i++)
      statuses.add((await open('/opt-out', { network: 'nonsense', email: '', reason: '' })).status);
    expect(statuses.has(429)).toBe(true);
  });
});
