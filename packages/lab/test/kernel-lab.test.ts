import { setTimeout as sleep } from 'node:timers/promises';
import type { NewProbes } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ManagedProcess } from '../src/deployment/managed-process.ts';
import { describeJudgement, judge } from '../src/kernel/judging/judge.ts';
import { trueNodes } from '../src/kernel/judging/truth.ts';
import { childrenOf } from '../src/soak/process-usage.ts';
import {
  canRunKernelLab,
  extendForwardPath,
  startScamperLab,
  startTestSystem,
  type TestSystem,
  type TopologyFile,
} from './kernel.ts';

const DESTINATION = '10.4.0.2';
const WAY_BACK = ['R4', 'R5', 'R6', 'R7', 'R8', 'R1', 'S'];

const truth = ({ lab, source }: TestSystem): Promise<(string | undefined)[]> => trueNodes(lab, 'D', parseIpv4(source));

describe.skipIf(!canRunKernelLab())('the whole system among Linux routers', () => {
  let system: TestSystem;
  beforeAll(async () => {
    system = await startTestSystem();
  });
  afterAll(() => system?.stop());

  it('brings a source from its application to ready, and mails its owner', async () => {
    const mails = (await system.operator.fleet.mails()).map(({ subject }) => subject);
    expect(mails.reverse()).toEqual([
      expect.stringContaining('is cleared'),
      expect.stringContaining('can receive reverse traceroutes'),
      expect.stringContaining('is ready'),
    ]);
    const { state, connected, tests, atlas } = await system.client.fleet.agent(system.source);
    expect({ state, connected }).toEqual({ state: 'ready', connected: true });
    expect(tests[0].report.tests.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['ping', 'passed'],
      ['traceroute', 'passed'],
      ['receiveRecordRoute', 'passed'],
      ['receiveSpoofed', 'passed'],
      ['sendSpoofed', 'passed'],
    ]);
    expect(atlas.traceroutes).toBe(3);
  });

  it('finds the reverse path router by router although the forward path differs', async () => {
    expect(await trueNodes(system.lab, 'S', parseIpv4(DESTINATION))).toEqual(['R1', 'R2', 'R3', 'R4', 'D']);
    expect(await truth(system)).toEqual(WAY_BACK);
    for (const useAtlas of [true, false]) {
      const measurement = await system.measure(DESTINATION, { useAtlas });
      expect(measurement.result?.stopReason).toBe('reaches');
      expect(system.nodesOf(measurement)).toEqual(WAY_BACK);
      expect(measurement.result?.hops.every(({ trust }) => trust === 'measured')).toBe(true);
    }
  });

  it('finds the true reverse path from every destination, with the evidence of each hop', async () => {
    const destinations = ['10.4.0.2', '10.6.0.2', '10.3.0.2'];
    for (const useAtlas of [true, false]) {
      for (const destination of destinations) {
        const hops = await judge(system.lab, await system.measure(destination, { useAtlas }));
        process.stdout.write(`${describeJudgement(destination, hops)}\n`);
        expect(hops.filter(({ verdict }) => verdict !== 'right')).toEqual([]);
        expect(hops.length).toBeGreaterThan(3);
      }
    }
  });

  it('refuses special-purpose targets, except the addresses of the lab', async () => {
    for (const dst of ['10.200.0.1', '127.0.0.1', '192.168.255.1'])
      await expect(system.client.submit([{ src: system.source, dst }])).rejects.toMatchObject({
        serverCode: 'invalidPairs',
      });
  });

  it('sends raw probes: traceroutes along the forward path, and spoofed Record Route probes that show the reverse path', async () => {
    const { probes } = system.client;
    const resultOf = async (type: NewProbes['type'], probe: { readonly from: string; readonly as?: string }) => {
      const { id } = await probes.send({ type, probes: [{ to: DESTINATION, ...probe }] });
      return (await probes.wait(id)).probes[0].result;
    };
    const nodes = (addresses: readonly string[] = []) => addresses.map((address) => system.node(parseIpv4(address)));
    const trace = await resultOf('traceroute', { from: system.source });
    expect(nodes(trace?.hops?.map(({ from = '' }) => from))).toEqual(
      await trueNodes(system.lab, 'S', parseIpv4(DESTINATION)),
    );
    const spoofed = await resultOf('recordRoute', { from: '10.104.0.1', as: system.source });
    const stamped = nodes(spoofed?.replies?.[0]?.recordRoute);
    const back = stamped.slice(stamped.lastIndexOf('D') + 1);
    expect(back.length).toBeGreaterThan(3);
    expect(back).toEqual(WAY_BACK.slice(0, back.length));
    const { records } = await system.operator.fleet.audit({ target: DESTINATION, limit: '1' });
    expect(records).toMatchObject([{ cause: 'rawProbe', agent: '10.104.0.1', spoofed: { source: system.source } }]);
  });

  it('asks another vantage point when the network of the nearest filters spoofed packets', async () => {
    const filter = (mode: string) =>
      system.lab.exec('R4', 'sysctl', '-q', '-w', `net.ipv4.conf.toV1l10.rp_filter=${mode}`);
    await filter('1');
    const measurement = await system.measure(DESTINATION, { useAtlas: false });
    expect(system.nodesOf(measurement)).toEqual(WAY_BACK);
    await system.operator.fleet.test('10.104.0.1');
    const quarantined = await until(
      () => system.operator.fleet.agent('10.104.0.1'),
      ({ state }) => state === 'quarantined',
    );
    expect(quarantined.quarantine?.reason).toContain('sendSpoofed');
    await filter('0');
    await system.operator.fleet.test('10.104.0.1');
    await until(
      () => system.operator.fleet.agent('10.104.0.1'),
      ({ state }) => state === 'ready',
    );
  });

  it('follows a routing change', async () => {
    const { lab } = system;
    const routesVia = (neighbour: string) => {
      const via = lab.topology.interfaces.find((end) => end.node === 'R4' && end.neighbour === neighbour);
      if (via === undefined) throw new Error('no link');
      return [{ at: 'R4', to: { address: 0, length: 0 }, via }];
    };
    await lab.setRoutes(routesVia('R3'));
    const changed = await truth(system);
    expect(changed).toEqual(['R4', 'R3', 'R2', 'R1', 'S']);
    expect(system.nodesOf(await system.measure(DESTINATION, { useAtlas: false }))).toEqual(changed);
    await lab.setRoutes(routesVia('R5'));
    expect(system.nodesOf(await system.measure(DESTINATION, { useAtlas: false }))).toEqual(WAY_BACK);
  });

  it('continues after an agent is killed and restarted', async () => {
    const agent = system.agents.get('S');
    const before = system.measure(DESTINATION, { useAtlas: false });
    await agent?.kill();
    agent?.start();
    expect(system.nodesOf(await before)).toEqual(WAY_BACK);
    expect(system.nodesOf(await system.measure(DESTINATION, { useAtlas: false }))).toEqual(WAY_BACK);
    // Its identity has survived: it did not enrol again.
    expect(agent?.log.match(/enrolled/g)).toHaveLength(1);
  });

  it('ends every measurement once while processes are killed at random', async () => {
    const { client, controller, agents } = system;
    const count = 500;
    const pair = { src: system.source, dst: DESTINATION, useCache: false, atlasOptions: { useAtlas: false } };
    const { batchId } = await client.submit(Array.from({ length: count }, () => pair));
    const random = createRandom(7);
    const doneNow = async (): Promise<number> => (await client.batch(batchId).catch(() => undefined))?.done ?? 0;
    const killScamper = async (): Promise<void> => {
      for (const pid of childrenOf(random.pick([...agents.values()]).pid)) process.kill(pid, 'SIGKILL');
    };
    const killAndStart = async (victim: ManagedProcess): Promise<void> => {
      await victim.kill();
      await sleep(random.below(200));
      victim.start();
    };
    const faults = [controller, controller, ...agents.values()].map((victim) => () => killAndStart(victim));
    let during = 0;
    for (const fault of random.shuffle([...faults, killScamper, killScamper, killScamper])) {
      await sleep(random.below(250));
      if ((await doneNow()) < count) during++;
      await fault();
    }
    expect(during).toBeGreaterThan(4);
    await until(doneNow, (done) => done === count, 90_000);
    expect(controller.log.match(/"msg":"started"/g)?.length).toBeGreaterThan(1);
    // The atlas has outlived the controller.
    expect((await client.fleet.agent(system.source)).atlas.traceroutes).toBe(3);
    const { measurements } = await client.batch(batchId);
    expect(new Set(measurements.map(({ id }) => id)).size).toBe(count);
    expect(measurements.filter(({ state, result }) => state !== 'done' || result === undefined)).toEqual([]);
    const right = measurements.filter(
      (measurement) => JSON.stringify(system.nodesOf(measurement)) === JSON.stringify(WAY_BACK),
    );
    // Those under way when their vantage point died may have had to assume; nothing may be wrong.
    const wrong = measurements.filter(({ result }) =>
      result?.hops
        .slice(1)
        .some(
          ({ address, trust }) => trust === 'measured' && !WAY_BACK.includes(system.node(parseIpv4(address)) ?? ''),
        ),
    );
    expect(wrong).toEqual([]);
    expect(right.length).toBeGreaterThan(count * 0.9);
  });

  it('sends nothing in the name of a source after its owner has withdrawn it', async () => {
    expect((await system.client.fleet.withdraw(system.source)).state).toBe('withdrawn');
    await expect(system.client.submit([{ src: system.source, dst: DESTINATION }])).rejects.toMatchObject({
      serverCode: 'invalidPairs',
    });
    await until(
      async () => system.agents.get('S')?.log ?? '',
      (log) => log.includes('does not belong to a registered source'),
    );
  });
});

describe.skipIf(!canRunKernelLab())('networks of Linux routers', () => {
  let system: TestSystem | undefined;
  afterEach(async () => {
    await system?.stop();
    system = undefined;
  });
  const start = async (change: (file: TopologyFile) => void): Promise<TestSystem> => {
    system = await startTestSystem(change);
    return system;
  };

  it('put the destination out of the source’s reach need a vantage point that is nearer', async () => {
    const test = await start(extendForwardPath);
    expect(await trueNodes(test.lab, 'S', parseIpv4(DESTINATION))).toHaveLength(11);
    expect(await truth(test)).toEqual(WAY_BACK);
    const measurement = await test.measure(DESTINATION, { useAtlas: false });
    expect(test.nodesOf(measurement)).toEqual(WAY_BACK);
    expect(measurement.result?.hops.some(({ technique }) => technique === 'spoofedRecordRoute')).toBe(true);
  });

  it('that do not stamp, drop options, are silent, or stamp other addresses cause no wrong hop; only routers without a stamp are missing', async () => {
    const test = await start(({ nodes }) => {
      nodes.R2 = { role: 'router', options: { rr: 'drop' } };
      nodes.R5 = { role: 'router', options: { ttl: 'silent' } };
      nodes.R6 = { role: 'router', options: { rr: 'off' } };
      nodes.R7 = { role: 'router', options: { rr: 'ingress' } };
      nodes.R8 = { role: 'router', options: { rr: 'loopback' } };
    });
    const measurement = await test.measure(DESTINATION, { useAtlas: false });
    expect(measurement.result?.stopReason).toBe('reaches');
    expect(test.nodesOf(measurement)).toEqual(WAY_BACK.filter((node) => node !== 'R6'));
    expect((await judge(test.lab, measurement)).filter(({ verdict }) => verdict !== 'right')).toEqual([
      { node: 'R6', verdict: 'missing', because: 'the router does not stamp' },
    ]);
  });

  it('that balance load between two paths: the path taken is found', async () => {
    const test = await start(({ nodes, links, routes }) => {
      nodes.B5 = { role: 'router' };
      links.push(['R4', 'B5', '10.46.0.0/30'], ['B5', 'R6', '10.57.0.0/30']);
      routes.push(
        { at: 'R4', to: 'default', via: 'B5' },
        { at: 'B5', to: 'default', via: 'R6' },
        ...['10.4.0.0/30', '10.34.0.0/30', '10.104.0.0/30', '10.102.0.0/30'].map((to) => ({ at: 'B5', to, via: 'R4' })),
      );
    });
    const taken = await truth(test);
    expect(['R5', 'B5']).toContain(taken[1]);
    expect(taken.filter((_, i) => i !== 1)).toEqual(WAY_BACK.filter((_, i) => i !== 1));
    expect(test.nodesOf(await test.measure(DESTINATION, { useAtlas: false }))).toEqual(taken);
  });
});

describe.skipIf(!canRunKernelLab())('the driver of scamper', () => {
  it('continues after scamper is killed during a measurement; nothing is lost or repeated', async () => {
    const test = await startScamperLab();
    try {
      const driver = test.scampers.drivers.get(parseIpv4('10.1.0.1'));
      if (driver === undefined) throw new Error('no scamper');
      const results = Array.from({ length: 300 }, () => driver.run('ping -c 1 -o 1 10.4.0.2').result);
      const first = driver.pid;
      await results[50];
      process.kill(first ?? 0, 'SIGKILL');
      const records = await Promise.all(results);
      expect(new Set(records.map((record) => (record.type === 'ping' ? record.userId : undefined))).size).toBe(300);
      expect(driver.pid).not.toBe(first);
    } finally {
      await test.down();
    }
  });
});

/** Looks until what is seen is right. */
async function until<T>(look: () => Promise<T>, isRight: (seen: T) => boolean, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (isRight(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`);
    await sleep(50);
  }
}
