import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedProcess } from '../src/deployment/managed-process.ts';
import { buildah, buildImages, canBuildImages, IMAGES } from '../src/images/build.ts';
import { canRunKernelLab, startTestSystem, type TestSystem } from './kernel.ts';

const BUILD_MS = 600_000;
/** What Docker gives a container that is not told otherwise, as far as the agent and scamper use it. */
const CAPABILITIES = ['CAP_NET_RAW', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SYS_CHROOT'];

describe.skipIf(!canRunKernelLab() || !canBuildImages())('the images', () => {
  let system: TestSystem;
  let container = '';
  beforeAll(async () => {
    await buildImages(() => undefined);
    system = await startTestSystem();
  }, BUILD_MS);
  afterAll(async () => {
    await system?.stop();
    if (container !== '') await buildah('rm', container);
  });

  it('contain an agent that runs as documented, without root', async () => {
    await system.agents.get('S')?.stop();
    const mounted = join(system.directory, 'container');
    mkdirSync(mounted);
    copyFileSync(join(system.directory, 'authority', 'root.crt'), join(mounted, 'root.crt'));
    copyFileSync(join(system.directory, 'S', 'plvp.config'), join(mounted, 'plvp.config'));
    chmodSync(mounted, 0o755);
    container = (await buildah('from', IMAGES.agent)).trim();
    const { OCIv1 } = JSON.parse(await buildah('inspect', container));
    expect(OCIv1.config.User).toBe('revtr');
    const volumes = ['root.crt', 'plvp.config'].flatMap((file) => ['-v', `${join(mounted, file)}:/${file}:ro`]);
    const agent = new ManagedProcess({
      namespace: system.lab.namespaceOf('S'),
      command: [
        'buildah',
        'run',
        '--isolation',
        'chroot',
        ...CAPABILITIES.flatMap((capability) => ['--cap-add', capability]),
        ...volumes,
        '-e',
        'REVTR_AGENT_LOCAL_IDENTITY=/var/lib/revtr',
        container,
        '--',
        ...OCIv1.config.Entrypoint,
        '/root.crt',
        '/plvp.config',
        '-loglevel',
        'debug',
      ],
      logFile: join(mounted, 'agent.log'),
    });
    agent.start();
    try {
      await connected(system, agent);
      const measurement = await system.measure('10.4.0.2', { useAtlas: false });
      expect(system.nodesOf(measurement)).toEqual(['R4', 'R5', 'R6', 'R7', 'R8', 'R1', 'S']);
      // The identity is another one than before: the owner is told.
      expect((await system.operator.fleet.mails())[0].subject).toContain('has a new identity');
    } finally {
      await agent.stop();
    }
  });

  it('contain a controller that reports missing settings', async () => {
    const controller = (await buildah('from', IMAGES.controller)).trim();
    try {
      const { OCIv1 } = JSON.parse(await buildah('inspect', controller));
      expect(OCIv1.config.User).toBe('revtr');
      const help = await buildah(
        'run',
        '--isolation',
        'chroot',
        controller,
        '--',
        ...OCIv1.config.Entrypoint,
        '--help',
      );
      expect(help).toContain('revtr-controller');
    } finally {
      await buildah('rm', controller);
    }
  });
});

async function connected({ operator, source }: TestSystem, agent: ManagedProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if ((await operator.fleet.agent(source)).connected) return;
    if (!agent.isRunning) break;
    await sleep(100);
  }
  throw new Error(`the agent did not connect: ${agent.log}`);
}
