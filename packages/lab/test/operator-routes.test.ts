import { ClientError, ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
let operator: ReverseTracerouteClient;
beforeAll(async () => {
  system = await startTestSystem();
  operator = clientWith(system.key);
});
afterAll(() => system.stop());

const clientWith = (key: string): ReverseTracerouteClient => new ReverseTracerouteClient({ server: system.url, key });
const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof ClientError ? error.serverCode : String(error)),
  );
const pairs = (count: number) => system.destinations.slice(0, count).map((dst) => ({ src: system.source, dst }));

describe('the use of limits', () => {
  it('counts measurements of today, of the last minute, and under way', async () => {
    const user = clientWith(await addUser(system, 'usage@revtr.example'));
    const used = async () => Object.fromEntries((await user.accounts.usage()).map((use) => [use.limit, use.used]));
    expect(await used()).toEqual({ perDay: 0, parallel: 0, perMinute: 0 });
    await user.wait((await user.submit(pairs(3))).batchId);
    expect(await used()).toEqual({ perDay: 3, parallel: 0, perMinute: 3 });
    expect(await user.accounts.usage()).toContainEqual(expect.objectContaining({ limit: 'perDay', allowed: 10 }));
  });
});

describe('open sessions', () => {
  const begin = async (key: string): Promise<string> => {
    const response = await fetch(`${system.url}/api/v2/sessions`, {
      method: 'POST',
      headers: { origin: system.url },
      body: JSON.stringify({ key }),
    });
    return (response.headers.get('set-cookie') ?? '').split(';')[0];
  };
  const statusOf = async (cookie: string): Promise<number> =>
    (await fetch(`${system.url}/api/v2/account`, { headers: { cookie } })).status;

  it('are listed with the key that began them, and end one by one', async () => {
    const key = await addUser(system, 'sessions@revtr.example');
    const user = clientWith(key);
    const { key: named } = await user.accounts.createKey({ name: 'laptop' });
    const [first, second] = [await begin(key), await begin(named)];
    const sessions = await user.accounts.sessions();
    expect(sessions.map(({ keyName }) => keyName)).toEqual(['laptop', '']);
    await user.accounts.endSession(sessions[0].id);
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 401]);
    expect(await user.accounts.sessions()).toHaveLength(1);
  });

  it('of somebody else are neither listed nor ended', async () => {
    const [one, other] = [await addUser(system, 'one@revtr.example'), await addUser(system, 'other@revtr.example')];
    const cookie = await begin(one);
    const [{ id }] = await clientWith(one).accounts.sessions();
    expect(await clientWith(other).accounts.sessions()).toEqual([]);
    expect(await codeOf(clientWith(other).accounts.endSession(id))).toBe('notFound');
    expect(await statusOf(cookie)).toBe(200);
  });
});

describe('the queue', () => {
  it('lists the measurements that wait by user, for operators alone', async () => {
    const user = clientWith(await addUser(system, 'queue@revtr.example'));
    await operator.fleet.stopProbes({ scope: 'probing', subject: '', reason: 'a test' });
    const { batchId } = await user.submit(pairs(4));
    const { queued, running, users, leases } = await operator.fleet.queue();
    expect({ queued, running, leases }).toEqual({ queued: 4, running: 0, leases: [] });
    expect(users).toMatchObject([{ user: { email: 'queue@revtr.example' }, queued: 4, running: 0 }]);
    await operator.fleet.resumeProbes('probing');
    await user.wait(batchId);
    expect(await operator.fleet.queue()).toEqual({ queued: 0, running: 0, users: [], leases: [] });
    expect(await codeOf(user.fleet.queue())).toBe('forbidden');
  });
});

describe('applications', () => {
  it('are listed for the account that sent them, and for the owner of a verified e-mail address', async () => {
    const [email, hosting, reason] = ['applicant@revtr.example', 'own', 'testing'];
    const user = clientWith(await addUser(system, email));
    const other = clientWith(await addUser(system, 'bystander@revtr.example'));
    await user.fleet.apply({ address: '1.0.3.20', hosting, reason });
    // Anybody can name the e-mail address of somebody else: such an application does not count.
    await clientWith('').fleet.apply({ address: '1.0.3.21', hosting, reason, name: 'Stranger', email });
    expect((await user.fleet.applications()).map(({ address }) => address)).toEqual(['1.0.3.20']);
    expect(await other.fleet.applications()).toEqual([]);
    expect((await operator.fleet.applications()).length).toBeGreaterThanOrEqual(2);
  });

  it('that an operator enters for another person are in the log of actions', async () => {
    const person = { name: 'A. Host', email: 'vouched@revtr.example', hosting: 'own', reason: 'testing' };
    await operator.fleet.apply({ address: '1.0.3.22', ...person });
    const events = await operator.fleet.auditEvents({ kind: 'operatorAction' });
    const entered = events.filter(({ subject }) => subject === 'POST /api/v2/sources/applications');
    expect(entered.map(({ detail }) => detail)).toEqual([expect.stringContaining('vouched@revtr.example')]);
  });
});

describe('the state of registration', () => {
  it('is public', async () => {
    expect(await clientWith('').accounts.isRegistrationOpen()).toBe(false);
  });
});

describe('a certificate', () => {
  it('is revoked by operators alone, and only if there is one', async () => {
    const source = formatIpv4(system.world.sources[0].address);
    expect(await codeOf(operator.fleet.revokeCertificate(source))).toBe('conflict');
    await system.controller.agents.change(system.world.sources[0].address, { certificate_serial: 'AB01' });
    const user = clientWith(await addUser(system, 'revoker@revtr.example'));
    expect(await codeOf(user.fleet.revokeCertificate(source))).toBe('forbidden');
    await operator.fleet.revokeCertificate(source);
    expect(system.controller.agents.find(system.world.sources[0].address)?.certificate_serial).toBeNull();
  });
});
