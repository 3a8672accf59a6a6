import { setTimeout as sleep } from 'node:timers/promises';
import { formatIpv4 } from '@revtr/net';
import { ProbingError } from '@revtr/probing';
import { AgentTests } from '@revtr/storage';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HELPERS, SOURCE, sessionOf, useAgentLife } from './agent-life.ts';

describe('the tests of an agent, and those it is tested with', () => {
  const at = useAgentLife();

  it('goes on while operators have stopped spoofing, and vantage points keep what they have shown', async () => {
    const [helper] = HELPERS;
    at().network.isSpoofingStopped = true;
    await at().directory.change(helper, { can_spoof: true });
    await at().life.test(helper, 'asked');
    for (let tries = 0; tries < 500 && at().directory.find(helper)?.last_tested_at === null; tries++) await sleep(5);
    expect(at().directory.find(helper)?.last_tested_at).not.toBeNull();
    expect(at().directory.find(helper)).toMatchObject({ state: 'ready', can_spoof: true });
  });

  it('leaves vantage points that only send out of everything that needs a receiver', async () => {
    const [sender, other] = HELPERS;
    at().sessions.set(sender, sessionOf(sender, true));
    await at().add(SOURCE, 'source', 'ready');
    await at().add(sender, 'vantagePoint', 'expected');
    await at().directory.change(sender, { can_spoof: false });
    await at().life.joined(sender);
    for (let tries = 0; tries < 500 && at().directory.find(sender)?.state !== 'ready'; tries++) await sleep(5);
    expect(at().directory.find(sender)).toMatchObject({ state: 'ready', can_spoof: true });
    const tests = new AgentTests(at().database.db);
    const [{ report }] = await tests.of(formatIpv4(sender), 1);
    expect(report).toMatchObject({
      tests: expect.arrayContaining([expect.objectContaining({ name: 'receiveSpoofed', verdict: 'notTested' })]),
    });
    // Nobody claims it, since nobody would hear the reply.
    at().network.claimed.clear();
    await at().life.test(other, 'asked');
    for (let tries = 0; tries < 500 && at().network.claimed.size === 0; tries++) await sleep(5);
    expect([...at().network.claimed]).not.toContain(sender);
  });

  it('waits in testing, without quarantine and without a mail, until a partner that can spoof has tested it', async () => {
    for (const helper of HELPERS) await at().directory.change(helper, { can_spoof: false });
    at().network.broken.spoofed = true;
    await at().life.joined(SOURCE);
    expect((await at().lastReport()).tests).toContainEqual(
      expect.objectContaining({
        name: 'receiveSpoofed',
        verdict: 'notTested',
        reason: expect.stringContaining('spoof'),
      }),
    );
    await at().life.stop();
    expect(at().directory.find(SOURCE)).toMatchObject({
      state: 'testing',
      quarantine_level: 0,
      quarantined_until: null,
    });
    expect(await at().subjects()).toEqual([]);
    // Now one is known to be able, and the silence tells something.
    at().life = at().newLife();
    await at().directory.change(HELPERS[0], { can_spoof: true });
    await at().life.test(SOURCE, 'asked');
    await at().until('quarantined');
    expect(at().directory.find(SOURCE)?.quarantine_reason).toBe('failed: receiveSpoofed');
  });

  it.each([
    ['spoofed packets', ['receiveSpoofed', 'sendSpoofed']],
    ['packets with Record Route', ['receiveRecordRoute']],
  ])('keeps a source ready whose partners cannot test it with %s', async (_, untested) => {
    await at().life.joined(SOURCE);
    await at().until('ready');
    await at().life.stop();
    at().life = at().newLife();
    for (const helper of HELPERS) await at().directory.change(helper, { can_spoof: false });
    at().network.broken.spoofed = untested.includes('receiveSpoofed');
    at().network.isOptionLost = untested.includes('receiveRecordRoute');
    await at().life.test(SOURCE, 'asked');
    const { verdict, tests } = await at().lastReport(2);
    expect(verdict).toBe('notTested');
    expect(tests.flatMap(({ name, verdict: each }) => (each === 'notTested' ? [name] : []))).toEqual(untested);
    await at().life.stop();
    expect(at().directory.find(SOURCE)).toMatchObject({ state: 'ready', quarantine_level: 0, quarantined_until: null });
  });

  it('lets vantage points that only send test a source', async () => {
    const [sender, other] = HELPERS;
    at().sessions.set(sender, sessionOf(sender, true));
    await at().directory.change(other, { can_spoof: false });
    at().network.broken.spoofed = true;
    await at().life.joined(SOURCE);
    await at().until('quarantined');
    expect(at().directory.find(SOURCE)?.quarantine_reason).toBe('failed: receiveSpoofed');
  });

  it.each(['a kill switch', 'an opt-out'])('fails no test for %s that its agent knows of first', async (what) => {
    at().network.onPing = () =>
      Promise.reject(new ProbingError('invalidRequest', 'the controller has stopped all probing'));
    at().isStopped = what === 'a kill switch';
    at().isOptedOut = !at().isStopped;
    await at().life.joined(SOURCE);
    expect((await at().lastReport()).verdict).toBe('notTested');
    await at().life.stop();
    expect(at().reads).toBe(1);
    expect(at().directory.find(SOURCE)).toMatchObject({ state: 'testing', quarantine_level: 0 });
  });

  it('fails a vantage point only where a ready source gets replies to its own probes, and has lately got one to a spoofed probe', async () => {
    const [tested, partner] = HELPERS;
    await at().life.joined(SOURCE);
    await at().until('ready');
    await at().life.stop();
    for (const helper of HELPERS) await at().directory.change(helper, { can_spoof: helper === tested });
    at().network.broken.spoofed = true;
    const testedOnce = async (): Promise<void> => {
      const before = at().directory.find(tested)?.last_tested_at?.getTime() ?? 0;
      at().life = at().newLife();
      await at().life.test(tested, 'asked');
      await expect.poll(() => at().directory.find(tested)?.last_tested_at?.getTime() ?? 0).toBeGreaterThan(before);
      await at().life.stop();
    };
    at().network.broken.recordRoute = true;
    await testedOnce();
    expect(at().directory.find(tested)).toMatchObject({ state: 'ready', can_spoof: true });
    at().network.broken.recordRoute = false;
    // It is long ago that the source has received a reply to a spoofed probe: it may be the cause as well.
    await at()
      .database.db.updateTable('agent_tests')
      .set({ tested_at: new Date(Date.now() - 2 * DAY_MS) })
      .execute();
    await testedOnce();
    expect(at().directory.find(tested)).toMatchObject({ state: 'ready', can_spoof: true });
    await at().database.db.updateTable('agent_tests').set({ tested_at: new Date() }).execute();
    at().life = at().newLife();
    await at().life.test(tested, 'asked');
    await expect.poll(() => at().directory.find(tested)?.state).toBe('quarantined');
    expect(at().directory.find(tested)).toMatchObject({ can_spoof: false, quarantine_reason: 'failed: sendSpoofed' });
    expect(at().directory.find(partner)?.state).toBe('ready');
  });

  it('waits for somebody to be tested with', async () => {
    for (const helper of HELPERS) at().sessions.delete(helper);
    await at().life.joined(SOURCE);
    await sleep(50);
    expect(at().directory.find(SOURCE)?.state).toBe('testing');
    for (const helper of HELPERS) at().sessions.set(helper, sessionOf(helper));
    at().life.start();
    await at().until('ready');
  });
});
