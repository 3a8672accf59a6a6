import { type ClientError, ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

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

  /** The token of the newest link that was mailed to an address. */
  const tokenFor = async (recipient: string): Promise<string> => {
    const mail = (await mailsTo(recipient)).find(({ hasLink }) => hasLink);
    return (await operator.accounts.mailWithLink(mail?.id ?? 0)).token;
  };

  it('begins with an application that the applicant confirms and the operator approves: the mailed link gives a key', async () => {
    const { id: unverified, state } = await stranger.fleet.apply({ ...APPLICATION, address: free[0] });
    expect(state).toBe('unverified');
    expect(await operator.fleet.applications('pending')).toEqual([]);
    expect(await codeOf(operator.fleet.approve(unverified))).toBe('conflict');
    const { applicationId: id = 0 } = await stranger.accounts.redeem(await tokenFor(APPLICATION.email));
    expect(await operator.fleet.applications('pending')).toMatchObject([{ id, address: free[0], state: 'pending' }]);
    expect((await operator.fleet.approve(id, 'Welcome.')).state).toBe('approved');
    const [mail] = await mailsTo(APPLICATION.email);
    expect(mail.subject).toContain(`${free[0]} is cleared`);
    expect(mail.body).toContain('Welcome.');
    expect(mail.body).not.toMatch(/revtr_/);
    const token = await tokenFor(APPLICATION.email);
    const { key = '' } = await stranger.accounts.redeem(token);
    expect(await codeOf(stranger.accounts.redeem(token))).toBe('notFound');
    const owner = new ReverseTracerouteClient({ server: system.url, key });
    expect(await owner.accounts.account()).toMatchObject({ role: 'user', scopes: ['read', 'measure', 'host'] });
    expect(await owner.fleet.agents()).toMatchObject([{ address: free[0], state: 'expected', connected: false }]);
    // Nothing can be measured to it before it is ready, and nobody else sees it.
    expect(await codeOf(owner.submit([{ src: free[0], dst: free[1] }]))).toBe('invalidPairs');
    expect(await codeOf(owner.fleet.agent(system.source))).toBe('notFound');
    expect(await codeOf(owner.fleet.test(free[0]))).toBe('conflict');
    expect(await codeOf(owner.fleet.runAtlas(free[0]))).toBe('conflict');
    expect((await owner.fleet.withdraw(free[0])).state).toBe('withdrawn');
    // With a key the application counts at once, and the account gets no other key.
    const again = await owner.fleet.apply({ address: free[8], hosting: 'h', reason: 'r' });
    expect(again.state).toBe('pending');
    await operator.fleet.approve(again.id);
    expect((await mailsTo(APPLICATION.email))[0]).toMatchObject({ hasLink: false });
    expect(await owner.accounts.keys()).toHaveLength(1);
    expect((await owner.fleet.agents()).map(({ address }) => address)).toContain(free[8]);
    const forOthers = owner.fleet.apply({ ...APPLICATION, address: free[9], email: 'x@revtr.example' });
    expect(await codeOf(forOthers)).toBe('badRequest');
  });

  it('gives a stranger nothing who names the e-mail address of an operator', async () => {
    const [{ email }] = await operator.accounts.users();
    const { state } = await stranger.fleet.apply({ ...APPLICATION, address: free[10], email: email.toUpperCase() });
    // The answer does not say that there is an account, and the mail has no link that would make the application count.
    expect(state).toBe('unverified');
    expect((await mailsTo(email))[0]).toMatchObject({ hasLink: false, body: expect.stringContaining('API key') });
    expect(await operator.fleet.applications('pending')).toEqual([]);
    expect(await operator.accounts.keys()).toHaveLength(1);
  });

  it('lets an operator vouch for an applicant', async () => {
    const { id, state } = await operator.fleet.apply({ ...APPLICATION, address: free[11], email: 'by@revtr.example' });
    expect(state).toBe('pending');
    await operator.fleet.approve(id);
    expect(await stranger.accounts.redeem(await tokenFor('by@revtr.example'))).toMatchObject({ purpose: 'collectKey' });
  });

  it('counts after the applicant has confirmed it when an operator enters the text of a mail', async () => {
    const request = { ...APPLICATION, address: free[13], email: 'mailed@revtr.example', confirmEmail: true };
    expect(await codeOf(stranger.fleet.apply(request))).toBe('forbidden');
    const { id, state } = await operator.fleet.apply(request);
    expect(state).toBe('unverified');
    expect(await codeOf(operator.fleet.approve(id))).toBe('conflict');
    await stranger.accounts.redeem(await tokenFor('mailed@revtr.example'));
    expect((await operator.fleet.approve(id)).state).toBe('approved');
  });

  it('does not turn an address that was registered meanwhile into a source', async () => {
    const { id } = await operator.fleet.apply({ ...APPLICATION, address: free[12], email: 'late@revtr.example' });
    await operator.fleet.addVantagePoint({ address: free[12], hostname: 'vp.example' });
    expect(await codeOf(operator.fleet.approve(id))).toBe('conflict');
    expect(await operator.fleet.agent(free[12])).toMatchObject({ kind: 'vantagePoint', hostname: 'vp.example' });
    expect(await operator.accounts.users({ email: 'late@revtr.example' })).toEqual([]);
    expect((await operator.fleet.refuse(id)).state).toBe('refused');
  });

  it('ends with a refusal, which is mailed as well', async () => {
    const { id } = await operator.fleet.apply({ ...APPLICATION, address: free[2], email: 'other@revtr.example' });
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

  it('is limited to ten applications an hour from one address', async () => {
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 12; i++) codes.push(await codeOf(stranger.fleet.apply({ ...APPLICATION, address: 'x' })));
    expect(codes).toContain('tooManyRequests');
  });

  it('is decided by operators only', async () => {
    const key = await addUser(system, 'user@revtr.example');
    const { fleet } = new ReverseTracerouteClient({ server: system.url, key });
    const attempts = [
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
    expect(await fleet.applications()).toEqual([]);
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

  it('refuses a network as soon as it has opted out', async () => {
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
