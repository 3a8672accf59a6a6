import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trueNodes } from '../src/kernel/judging/truth.ts';
import { childrenOf } from '../src/soak/process-usage.ts';
import { canRunKernelLab, extendForwardPath, startTestSystem, type TestSystem, type TopologyFile } from './kernel.ts';

const [LEGACY_SOURCE, OWN_SOURCE] = ['10.1.0.1', '10.2.0.1'];
const [LEGACY_SPOOFER, OWN_SPOOFER] = ['10.104.0.1', '10.102.0.1'];
const DESTINATIONS = { D: '10.4.0.2', D2: '10.6.0.2', D3: '10.3.0.2' };
const SOURCES = { S: LEGACY_SOURCE, S2: OWN_SOURCE };

/** S and V1 run agents like those of revtr 2.0; the source S2 and V2 run those of this system. The sources are too far away for Record Route. */
function mixAgents(file: TopologyFile): void {
  const { nodes, as } = file;
  nodes.S = { role: 'source', options: { agent: 'legacy' } };
  nodes.V1 = { role: 'vp', options: { agent: 'legacy' } };
  nodes.S2 = { role: 'source' };
  delete nodes.V3;
  file.links = file.links.filter(([node]) => node !== 'V3');
  file.routes = file.routes.filter(({ at }) => at !== 'V3');
  file.links.push(['S2', 'R1', '10.2.0.0/30']);
  as['10.2.0.0/16'] = 64_521;
  file.routes.push({ at: 'S2', to: 'default', via: 'R1' });
  extendForwardPath(file);
  for (const route of file.routes.filter(({ to }) => to === '10.1.0.0/30'))
    file.routes.push({ ...route, to: '10.2.0.0/30' });
}

describe.skipIf(!canRunKernelLab())('agents of revtr 2.0 among Linux routers', () => {
  let system: TestSystem;
  beforeAll(async () => {
    system = await startTestSystem(mixAgents);
  });
  afterAll(() => system?.stop());

  /** Measures every destination to both sources, and returns who spoofed for whom. */
  async function measureAll(): Promise<Set<string>> {
    const { client, lab } = system;
    const pairs = Object.values(SOURCES).flatMap((src) =>
      Object.values(DESTINATIONS).map((dst) => ({ src, dst, useCache: false, atlasOptions: { useAtlas: false } })),
    );
    const { batchId } = await client.submit(pairs);
    const { measurements } = await client.wait(batchId);
    const paths = measurements.map((measurement) => [
      measurement.source,
      measurement.destination,
      system.nodesOf(measurement),
    ]);
    const truth = await Promise.all(
      measurements.map(async ({ source, destination }) => {
        const node = Object.entries(DESTINATIONS).find(([, address]) => address === destination)?.[0] ?? '';
        return [source, destination, await trueNodes(lab, node, parseIpv4(source))];
      }),
    );
    expect(paths).toEqual(truth);
    return new Set(measurements.flatMap(spoofersOf));
  }

  it('measure every destination as it is, also for and with agents of this system', async () => {
    const agents = await system.operator.fleet.agents();
    const legacy = agents.filter((agent) => agent.legacy).map(({ address, state }) => ({ address, state }));
    expect(legacy).toEqual([
      { address: LEGACY_SOURCE, state: 'ready' },
      { address: LEGACY_SPOOFER, state: 'ready' },
    ]);
    const { fleet } = system.operator;
    for (const [spoofer, other] of [
      [LEGACY_SPOOFER, OWN_SPOOFER],
      [OWN_SPOOFER, LEGACY_SPOOFER],
    ]) {
      await fleet.stopProbes({ scope: 'vantagePoint', subject: other, reason: 'a test' });
      const expected = Object.values(SOURCES).map((source) => `${spoofer} for ${source}`);
      expect([...(await measureAll())].sort()).toEqual(expected);
      await fleet.resumeProbes('vantagePoint', other);
    }
    expect(system.controller.log).toContain('checks no grants, opt-outs or kill switches');
  });

  it('measure again after their scampers, and after the controller, are killed and restarted', async () => {
    await killScampers(system);
    await untilConnected(system);
    await measureAll();
    await system.controller.kill();
    system.controller.start();
    // A scamper that has lost its controller waits for 30 to 61 seconds; a new one connects at once.
    await killScampers(system);
    await untilConnected(system);
    await measureAll();
  });
});

const spoofersOf = ({ source, result }: Measurement): string[] =>
  (result?.hops ?? []).flatMap(({ technique, evidence }) =>
    technique === 'spoofedRecordRoute' && 'sender' in evidence ? [`${evidence.sender} for ${source}`] : [],
  );

async function killScampers({ agents }: TestSystem): Promise<void> {
  for (const node of ['S', 'V1']) for (const pid of childrenOf(agents.get(node)?.pid)) process.kill(pid, 'SIGKILL');
}

async function untilConnected({ operator }: TestSystem): Promise<void> {
  for (;;) {
    const agents = await operator.fleet.agents().catch(() => []);
    if (agents.length > 0 && agents.every(({ connected }) => connected)) return;
    await sleep(50);
  }
}
