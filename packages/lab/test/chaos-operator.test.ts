import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditRecord, type NewProbes, ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { type Clock, systemClock } from '@revtr/probing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryWriter } from '../src/chaos/campaign/history-writer.ts';
import { OperatorClient } from '../src/chaos/campaign/operator-client.ts';
import { type ClientEvent, readHistory } from '../src/chaos/check/history.ts';
import type { PlannedRestriction } from '../src/chaos/plan/restrictions.ts';
import { startTestSystem, type TestSystem } from './system.ts';

const LONG_MS = 600_000;
const never = new AbortController().signal;
let system: TestSystem;
let client: ReverseTracerouteClient;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-operator-'));
  system = await startTestSystem();
  client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  // A probe that no restriction of these tests is about, and that the operator can see.
  await ping({ from: system.source, to: system.destinations[1] });
  await systemClock.sleep(1_000);
});
afterAll(async () => {
  await system?.stop();
  rmSync(directory, { recursive: true });
});

const ping = async (probe: NewProbes['probes'][number]): Promise<unknown> =>
  client.probes.wait((await client.probes.send({ type: 'ping', probes: [probe] })).id);
const probesOf = async (covers: (record: AuditRecord) => boolean): Promise<readonly AuditRecord[]> =>
  (await client.fleet.audit({ limit: '1000' })).records.filter(covers);
/** Scopes and subjects of the kill switches that are set. */
const switches = async (): Promise<string[]> =>
  (await client.fleet.killSwitches()).map(({ scope, subject }) => `${scope} ${subject}`);

/** An operator who looks for a probe again only when `again` is resolved, and forbids as planned. */
function forbidding(name: string, restriction: PlannedRestriction) {
  const [looked, again] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const clock: Clock = {
    now: () => systemClock.now(),
    sleep: async () => {
      looked.resolve();
      await again.promise;
      await systemClock.sleep(50);
    },
  };
  const file = join(directory, name);
  writeFileSync(file, '');
  const history = new HistoryWriter({ file }, { now: () => Date.now() });
  const over = new OperatorClient({ clients: [client], history, clock }).forbid(restriction, 0, never);
  const events = (): ClientEvent[] => readHistory(file);
  return { looked: looked.promise, again: () => again.resolve(), over, events };
}

describe('the operator of a run', () => {
  it.each(['spoofing', 'vantagePoint'] as const)(
    'does not stop probes before one of them has left: %s',
    async (kind) => {
      const [spoofer, pinger] = system.world.vantagePoints.map(formatIpv4);
      const isSpoofing = kind === 'spoofing';
      const [from, subject] = isSpoofing ? [spoofer, ''] : [pinger, pinger];
      const covers = ({ agent, spoofed }: AuditRecord): boolean =>
        isSpoofing ? spoofed !== undefined : agent === subject;
      expect(await probesOf(covers)).toEqual([]);
      const { looked, again, over, events } = forbidding(kind, { kind, subject, atMs: 0, waitForProbeMs: LONG_MS });
      await looked;
      expect([events(), await switches()]).toEqual([[], expect.not.arrayContaining([`${kind} ${subject}`])]);

      const probe = { from, to: system.destinations[0], ...(isSpoofing && { as: system.source }) };
      await ping(probe);
      again();
      await over;
      expect(await switches()).toContain(`${kind} ${subject}`);
      const [asked, told] = events();
      expect([asked.type, told.type]).toEqual(['forbidding', 'forbidden']);
      // As the checker counts: the second is over in which the probe left.
      const [{ at }] = await probesOf(covers);
      expect((Math.floor(Date.parse(at) / 1_000) + 1) * 1_000).toBeLessThanOrEqual(asked.at);
    },
  );

  it('stops probes all the same when none of them has left in time', async () => {
    const subject = formatIpv4(system.world.vantagePoints[2]);
    const { over, events } = forbidding('late', { kind: 'vantagePoint', subject, atMs: 0, waitForProbeMs: 0 });
    await over;
    expect(events().map(({ type }) => type)).toEqual(['forbidding', 'forbidden']);
    expect(await switches()).toContain(`vantagePoint ${subject}`);
    expect(await probesOf(({ agent }) => agent === subject)).toEqual([]);
  });
});
