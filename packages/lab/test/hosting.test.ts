import { type ClientError, ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { generateApiKey, hashApiKey } from '@revtr/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestSystem, type TestSystem } from './system.ts';

const APPLICATION = {
  hosting: 'in a rack',
  name: 'A. Host',
  email: 'host@revtr.example',
  reason: 'curiosity',
};

describe('hosting a source', () => {
  let system: TestSystem;
  let operator: ReverseTracerouteClient;
  let stranger: ReverseTracerouteClient;
  let free: string[];
  beforeAll(async () => {
    system = await startTestSystem();
    operator = new ReverseTracerouteClient({ server: system.url, key: system.key });
    stranger = new ReverseTracerouteClient({ server: system.url, key: '' });
    free = system.world.internet.places.hitlist.slice(0, 20).map(formatIpv4);
  });
  afterAll(() => system.stop());

  const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => undefined,
      (error: ClientError) => error.serverCode,
    );
  const mailsTo = async (recipient: string) =>
    (await operator.fleet.mails()).filter((mail) => mail.recipient === recipient);

  it('begins with an application, which the operator approves: the key is mailed and works', async () => {
    const id = await stranger.fleet.apply({ ...APPLICATION, address: free[0] });
    expect(await operator.fleet.applications('pending')).toMatchObject([{ id, address: free[0], state: 'pending' }]);
    expect((await operator.fleet.approve(id, 'Welcome.')).state).toBe('approved');
    const [mail] = await mailsTo(APPLICATION.email);
    expect(mail.subject).toContain(`${free[0]} is cleared`);
    expect(mail.body).toContain('Welcome.');
    const key = /revtr_\S+/.exec(mail.body)?.[0] ?? '';
    const owner = new ReverseTracerouteClient({ server: system.url, key });
    expect(await owner.fleet.agents()).toMatchObject([{ address: free[0], state: 'expected', connected: false }]);
    // Nothing can be measured to it before it is ready, and nobody else sees it.
    expect(await codeOf(owner.submit([{ src: free[0], dst: free[1] }]))).toBe('invalidPairs');
    expect(await codeOf(owner.fleet.agent(system.source))).toBe('notFound');
    expect(await codeOf(owner.fleet.test(free[0]))).toBe('conflict');
    expect(await codeOf(owner.fleet.runAtlas(free[0]))).toBe('conflict');
    expect((await owner.fleet.withdraw(free[0])).state).toBe('withdrawn');
  });

  it('ends with a refusal, which is mailed as well', async () => {
    const id = await stranger.fleet.apply({ ...APPLICATION, address: free[2], email: 'other@revtr.example' });
    expect((await operator.fleet.refuse(id, 'Sorry.')).state).toBe('refused');
    expect((await mailsTo('other@revtr.example'))[0].body).toContain('Sorry.');
    expect(await codeOf(operator.fleet.approve(id))).toBe('conflict');
    expect(await codeOf(operator.fleet.approve(4_711))).toBe('notFound');
  });

  it('is refused for addresses that cannot be sources, or are taken', async () => {
    for (const address of ['10.0.0.1', '127.0.0.1', '224.0.0.1', 'nonsense', '1.2.3'])
      expect(await codeOf(stranger.fleet.apply({ ...APPLICATION, address }))).toBe('badRequest');
    expect(await codeOf(stranger.fleet.apply({ ...APPLICATION, address: system.source }))).toBe('conflict');
    expect(await codeOf(stranger.fleet.apply({ ...APPLICATION, address: free[3], email: 'no mail' }))).toBe(
      'badRequest',
    );
  });

  it('is limited: nobody floods the operators', async () => {
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 12; i++) codes.push(await codeOf(stranger.fleet.apply({ ...APPLICATION, address: 'x' })));
    expect(codes).toContain('tooManyRequests');
  });

  it('is decided by operators alone', async () => {
    const user = await system.controller.users.ensure({
      name: 'User',
      email: 'user@revtr.example',
      role: 'user',
      max_per_day: 10,
      max_parallel: 10,
      max_per_minute: 10,
    });
    const key = generateApiKey();
    await system.controller.users.addKey(user.id, hashApiKey(key));
    const { fleet } = new ReverseTracerouteClient({ server: system.url, key });
    const attempts = [
      fleet.applications(),
      fleet.approve(1),
      fleet.refuse(1),
      fleet.mails(),
      fleet.addVantagePoint({ address: free[5], hostname: 'vp' }),
      fleet.quarantine(system.source, 'because'),
      fleet.addOptOut('192.0.2.0/24', ''),
      fleet.removeOptOut('192.0.2.0/24'),
    ];
    expect(new Set(await Promise.all(attempts.map(codeOf)))).toEqual(new Set(['forbidden']));
    expect(await codeOf(stranger.fleet.agents())).toBe('unauthorized');
    expect(await fleet.agents()).toEqual([]);
  });

  it('registers vantage points once', async () => {
    expect(await operator.fleet.addVantagePoint({ address: free[6], hostname: 'vp.example' })).toMatchObject({
      state: 'expected',
    });
    expect(await codeOf(operator.fleet.addVantagePoint({ address: free[6], hostname: 'vp' }))).toBe('conflict');
    expect(await codeOf(operator.fleet.addVantagePoint({ address: 'x', hostname: 'vp' }))).toBe('badRequest');
    expect(await operator.fleet.quarantine(free[6], 'noisy')).toMatchObject({
      state: 'quarantined',
      quarantine: { reason: 'noisy' },
    });
  });

  it('leaves those alone who want no probes, at once', async () => {
    const destination = system.destinations[0];
    const pair = { src: system.source, dst: destination };
    await operator.submit([pair]);
    await operator.fleet.addOptOut(`${destination}/32`, 'asked by mail');
    const error = await operator.submit([pair]).catch((refusal: ClientError) => refusal);
    expect(error).toMatchObject({ details: { problems: [{ code: 'destinationOptedOut' }] } });
    expect(await stranger.fleet.optOuts()).toEqual([
      { network: `${destination}/32`, kind: 'ipv4', reason: 'asked by mail' },
    ]);
    expect(await codeOf(operator.fleet.addOptOut('10.0.0.1/8', ''))).toBe('badRequest');
    await operator.fleet.removeOptOut(`${destination}/32`);
    expect(await codeOf(operator.fleet.removeOptOut(`${destination}/32`))).toBe('notFound');
    await operator.submit([pair]);
  });
});
