import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { systemClock } from '@revtr/probing';
import { KernelLab } from '../src/kernel/kernel-lab.ts';
import { type LabScampers, startScampers } from '../src/kernel/scampers.ts';
import { parseTopology } from '../src/kernel/topology.ts';

/** Whether namespaces, Linux's routing tools and scamper are there. A suite that needs them is skipped without, which fails in CI. */
export function canRunKernelLab(): boolean {
  const works = (program: string, ...args: string[]): boolean =>
    spawnSync(program, args, { stdio: 'ignore' }).error === undefined;
  return (
    process.getuid?.() === 0 &&
    spawnSync('ip', ['netns', 'list']).status === 0 &&
    works('scamper', '-v') &&
    works('nft', '-v')
  );
}

/** A lab with scampers, from the topology that the package brings, changed as a test wishes. */
export interface TestLab {
  readonly lab: KernelLab;
  readonly scampers: LabScampers;
  down(): Promise<void>;
}

export interface TopologyFile {
  nodes: Record<string, { role: string; options?: { rr?: string; ttl?: string } }>;
  links: [string, string, string][];
  routes: { at: string; to: string; via: string; src?: string }[];
  as: Record<string, number>;
}

const ASYMMETRIC = new URL('../src/kernel/asymmetric.json', import.meta.url);

/** Distinct among suites, and among runs at the same time on one machine. */
const prefixOf = (suite: string): string => `${suite}${(process.pid % 36 ** 3).toString(36)}`;

/** Starts a lab; `suite` is one letter, distinct among suites. */
export async function startTestLab(
  suite: string,
  change: (file: TopologyFile) => void = () => undefined,
): Promise<TestLab> {
  const file: TopologyFile = JSON.parse(await readFile(ASYMMETRIC, 'utf8'));
  change(file);
  const lab = await KernelLab.up(parseTopology(file), { prefix: prefixOf(suite) });
  const scampers = await startScampers(lab, { clock: systemClock }).catch(async (error: unknown) => {
    await lab.down();
    throw error;
  });
  return {
    lab,
    scampers,
    down: async () => {
      await scampers.stop();
      await lab.down();
    },
  };
}
