import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revtr as runRevtr } from './revtr.ts';
import { startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.stop());

const revtr = (args: string[], options?: Parameters<typeof runRevtr>[2]) => runRevtr(system, args, options);

describe('revtr measure', () => {
  it('prints a table of the hops', async () => {
    const { code, out } = await revtr(['measure', system.destinations[0], '--to', system.source]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`Reverse traceroute from ${system.destinations[0]} back to ${system.source}`);
    expect(lines[1].trim().split(/\s+/)).toEqual(['#', 'ADDRESS', 'NAME', 'AS', 'RTT', 'TECHNIQUE', 'TRUST']);
    expect(lines[2]).toMatch(
      new RegExp(`1\\s+${system.destinations[0].replaceAll('.', '\\.')}\\s+host-.*destination\\s+measured 100%`),
    );
    expect(out).toMatch(/reaches the source \(\d+\.\d\d s, \d+ probes? with IP options, \d+ other probes?\)/);
  });

  it('prints JSON with the evidence of every hop, and the forward path when asked', async () => {
    const { code, out } = await revtr([
      'measure',
      system.destinations[2],
      '--to',
      system.source,
      '--forward',
      '--fresh',
      '--label',
      'L',
      '--json',
    ]);
    expect(code).toBe(0);
    const measurement = JSON.parse(out);
    expect(measurement).toMatchObject({
      source: system.source,
      destination: system.destinations[2],
      label: 'L',
      state: 'done',
    });
    for (const hop of measurement.result.hops) expect(hop.evidence.type).toBeTypeOf('string');
    expect(measurement.result.forward.hops.length).toBeGreaterThan(0);
    const table = await revtr(['fetch', '--label', 'L']);
    expect(table.out).toContain(`Forward path to ${system.destinations[2]}`);
    expect(table.out).toMatch(/\n *\d+ {2}\d+\.\d+\.\d+\.\d+ .* \d+\.\d ms\n/);
  });

  it('prints the reasons of the server, with an exit code for each kind', async () => {
    const bad = await revtr(['measure', '10.0.0.1', '--to', system.source]);
    expect([bad.code, bad.out]).toEqual([2, '']);
    expect(bad.err).toContain('10.0.0.1 is Private-Use (RFC 1918)');
    expect((await revtr(['measure', 'not an address', '--to', system.source])).code).toBe(2);
    const stranger = await revtr(['sources', '--key-file', 'key'], { files: { key: 'wrong' } });
    expect([stranger.code, stranger.out]).toEqual([4, '']);
  });
});

describe('revtr batch and fetch', () => {
  it('measures a file of pairs and finds them again by label and by number', async () => {
    const pairs = `# two ways to write a pair\n${system.destinations[3]} ${system.source}\n\n${system.destinations[4]} # source from --to\n`;
    const batch = await revtr(['batch', 'pairs', '--to', system.source, '--label', 'B', '--json'], {
      files: { pairs },
    });
    expect(batch.code).toBe(0);
    const rows = batch.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ destination }) => destination)).toEqual([system.destinations[3], system.destinations[4]]);
    const byLabel = await revtr(['fetch', '--label', 'B', '--json']);
    expect(byLabel.out).toBe(batch.out);
    const byNumber = await revtr(['fetch', '--batch', String(rows[0].batchId)]);
    expect(byNumber.out.match(/Reverse traceroute from/g)).toHaveLength(2);
    const later = await revtr(['batch', 'pairs', '--to', system.source, '--no-wait'], { files: { pairs } });
    expect(later.out).toMatch(/^batch \d+\n$/);
  });

  it('leaves out invalid pairs when it is asked to', async () => {
    const skipped = await revtr(['batch', 'pairs', '--to', system.source, '--skip-invalid'], {
      files: { pairs: `10.0.0.1\n${system.destinations[3]}` },
    });
    expect([skipped.code, skipped.err]).toEqual([
      0,
      'left out revtrs[0].dst: 10.0.0.1 is Private-Use (RFC 1918) and is not probed\n',
    ]);
  });

  it('succeed when the destination is the source', async () => {
    const trivial = await revtr(['measure', system.source, '--to', system.source, '--json']);
    expect([trivial.code, JSON.parse(trivial.out).result.stopReason]).toEqual([0, 'trivial']);
    const files = { pairs: `${system.source} ${system.source}` };
    expect((await revtr(['batch', 'pairs'], { files })).code).toBe(0);
  });
});

describe('revtr sources', () => {
  it('lists them', async () => {
    expect((await revtr(['sources'])).out).toContain(system.source);
    expect(JSON.parse((await revtr(['sources', '--json'])).out)).toHaveLength(2);
  });
});

describe('revtr for hosts and operators', () => {
  it('leads from an application to its decision, mails included', async () => {
    const address = formatIpv4(system.world.internet.places.hitlist[7]);
    const about = [
      '--hosting',
      'a rack',
      '--name',
      'A. Host',
      '--email',
      'a.host@revtr.example',
      '--reason',
      'curiosity',
    ];
    const applied = await revtr(['apply', address, ...about], { environment: { REVTR_KEY: '' } });
    expect(applied).toMatchObject({ code: 0, out: expect.stringContaining('open the link in the mail') });
    const mailId = /mail (\d+),/.exec((await revtr(['admin', 'mails'])).out)?.[1] ?? '';
    const mail = (await revtr(['admin', 'mails', '--hand-over', mailId])).out;
    const confirmed = await revtr(['redeem', /"token":"([^"]+)"/.exec(mail)?.[1] ?? '']);
    expect(confirmed.out).toContain('is confirmed');
    expect((await revtr(['admin', 'applications'])).out).toContain(`pending  ${address}  A. Host`);
    const id = /application (\d+)/.exec(confirmed.out)?.[1] ?? '';
    expect((await revtr(['admin', 'approve', id, '--note', 'Hello.'])).out).toContain('is approved');
    expect((await revtr(['admin', 'applications'])).out).toBe('no applications are pending\n');
    expect((await revtr(['admin', 'mails'])).out).toMatch(
      /not sent\nTo: a\.host@revtr\.example\nSubject: .*is cleared/,
    );
    expect((await revtr(['agents'])).out).toMatch(
      new RegExp(`${address.replaceAll('.', '\\.')}\\s+source\\s+expected\\s+no`),
    );
    expect((await revtr(['agents', 'show', address])).out).toContain('state: expected, not connected');
    expect(await revtr(['agents', 'test', address])).toMatchObject({
      code: 2,
      err: expect.stringContaining('not connected'),
    });
    expect((await revtr(['agents', 'withdraw', address])).out).toContain('withdrawn');
  });

  it('registers vantage points and keeps opt-outs', async () => {
    const address = formatIpv4(system.world.internet.places.hitlist[8]);
    expect((await revtr(['admin', 'add-vp', address, '--hostname', 'vp.example'])).out).toContain('is registered');
    expect((await revtr(['admin', 'quarantine', address, '--reason', 'noise'])).out).toContain(
      'in quarantine until an operator ends it',
    );
    expect((await revtr(['admin', 'opt-out', 'add', '192.0.2.0/24', '--reason', 'asked'])).code).toBe(0);
    expect((await revtr(['admin', 'opt-out'])).out).toContain('192.0.2.0/24');
    expect((await revtr(['admin', 'opt-out', 'remove', '192.0.2.0/24'])).code).toBe(0);
    expect((await revtr(['admin', 'opt-out', 'add', 'nonsense'])).code).toBe(2);
    expect((await revtr(['admin', 'approve', 'x'])).code).toBe(2);
    expect((await revtr(['agents', 'show', '9.9.9.9'])).code).toBe(2);
  });
});

describe('revtr share', () => {
  it('prints a link that works until the result is unpublished', async () => {
    const measured = await revtr(['measure', system.destinations[5], '--to', system.source, '--share', '--json']);
    const { id } = JSON.parse(measured.out);
    const shared = await revtr(['share', String(id)]);
    expect(shared).toMatchObject({ code: 0, out: measured.err });
    const { pathname } = new URL(shared.out.trim());
    expect(pathname).toMatch(/^\/results\/[\w-]{32}$/);
    const picture = () => fetch(`${system.url}${pathname}/path.svg`);
    expect((await picture()).status).toBe(200);
    expect((await revtr(['share', String(id), '--embed'])).out).toMatch(
      /^<iframe src=".*\/embed\/[\w-]{32}" .*<\/iframe>\n$/,
    );
    expect((await revtr(['unshare', String(id)])).out).toBe(`measurement ${id} is not published any more\n`);
    expect((await picture()).status).toBe(404);
    expect(await revtr(['unshare', String(id)])).toMatchObject({ code: 2, out: '' });
    expect((await revtr(['share', 'x'])).code).toBe(2);
  });
});
