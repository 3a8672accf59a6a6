import { readFileSync } from 'node:fs';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { truePath } from '../src/kernel/judging/judge.ts';
import { runScenario } from '../src/kernel/judging/scenario.ts';
import { resultTable } from '../src/kernel/judging/table.ts';
import { KernelLab } from '../src/kernel/network/kernel-lab.ts';
import { startKernelSystem } from '../src/kernel/system/kernel-system.ts';
import { targetOf } from '../src/kernel/topology/addresses.ts';
import { parseTopology } from '../src/kernel/topology/parse.ts';
import type { KernelTopology } from '../src/kernel/topology/topology.ts';
import { canRunKernelLab, nextPrefix } from './kernel.ts';

const scenario = (name: string): KernelTopology =>
  parseTopology(JSON.parse(readFileSync(new URL(`../src/kernel/scenarios/${name}.json`, import.meta.url), 'utf8')));

describe.skipIf(!canRunKernelLab())('placeholder', () => {
  it('x', async () => {
    const system = await startKernelSystem(scenario('plain'), { prefix: nextPrefix(), port: 0 });
    const result = await runScenario('plain', system);
    process.stdout.write(resultTable([result]));
    await system.stop();
  });
});
