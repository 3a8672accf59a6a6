import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManagedProcess } from '../src/deployment/managed-process.ts';
import { buildah, buildImages, canBuildImages, IMAGES } from '../src/images/build.ts';
import { buildDebianPackages, type DebianPackages } from '../src/packages/debian-packages.ts';
import { canRunKernelLab, startTestSystem, type TestSystem } from './kernel.ts';
import { buildSystemdImage, SystemdMachine } from './systemd-machine.ts';

const BUILD_MS = 600_000;
/** What Docker gives a container that is not told otherwise, as far as the agent and scamper use it. */
const CAPABILITIES = ['CAP_NET_RAW', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SYS_CHROOT'];

describe.skipIf(!canRunKernelLab() || !canBuildImages())('the images and Debian packages', () => {
  let system: TestSystem;
  let packages: DebianPackages;
  let container = '';
  beforeAll(async () => {
    await buildImages(() => undefined);
    await buildSystemdImage();
    system = await startTestSystem();
    packages = await buildDebianPackages(join(system.directory, 'packages'));
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
      await connected(system, () => (agent.isRunning ? undefined : agent.log));
      await expectPath(system);
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

  it(
    'are installed, run under systemd, and removed',
    async () => {
      const machine = await SystemdMachine.boot(system.lab.namespaceOf('S'));
      try {
        for (const file of Object.values(packages)) machine.copy(file, `root/${basename(file)}`);
        await machine.run('dpkg --install /root/*.deb');

        // The controller works at once.
        expect(await machine.stateOf('revtr-controller')).toBe('active');
        const key = await machine.run(
          "until journalctl -u revtr-controller -o cat | grep -q started; do sleep 0.2; done; journalctl -u revtr-controller -o cat | sed -n 's/.*API key.*: //p'",
        );
        expect(await machine.run(`REVTR_KEY=${key.trim()} revtr admin users --json`)).toContain('"operator"');
        const get = (path: string): Promise<string> =>
          machine.run(
            `/usr/lib/revtr-controller/bin/node -e "fetch('http://127.0.0.1:8080${path}').then((r) => r.text()).then(process.stdout.write.bind(process.stdout))"`,
          );
        expect(JSON.parse(await get('/health'))).toEqual({ status: 'ok' });
        expect(await get('/')).toContain('<title>');
        const database = join(machine.root, 'var/lib/revtr-controller/data');
        expect(existsSync(database)).toBe(true);

        // The agent waits for the certificate.
        expect(await machine.stateOf('revtr-agent')).toBe('inactive');
        machine.copy(join(system.directory, 'authority', 'root.crt'), 'etc/revtr-agent/root.crt');
        machine.copy(join(system.directory, 'S', 'plvp.config'), 'etc/revtr-agent/plvp.config');
        await machine.run('chmod a+r /etc/revtr-agent/*; systemctl start revtr-agent');
        await connected(system, () => undefined).catch(async (error: unknown) => {
          throw new Error(await machine.run('journalctl -u revtr-agent -o cat | tail -n 40'), { cause: error });
        });
        await expectPath(system);
        const rights = await machine.run(
          'grep -h -E "^(Uid|CapEff)" /proc/$(systemctl show -p MainPID --value revtr-agent)/status; id -u revtr-agent',
        );
        const [, uid, capabilities, user] = /^Uid:\t(\d+).*\nCapEff:\t(\w+)\n(\d+)\n$/.exec(rights) ?? [];
        expect(uid).toBe(user);
        expect(BigInt(`0x${capabilities}`)).toBe(1n << 13n); // CAP_NET_RAW (capabilities(7))

        await machine.run('dpkg --remove revtr-agent revtr-controller');
        for (const service of ['revtr-agent', 'revtr-controller'])
          expect(await machine.stateOf(service)).toBe('inactive');
        expect(existsSync(database)).toBe(true);
        await machine.run('dpkg --purge revtr-agent revtr-controller');
        const left =
          'ls -d /etc/revtr* /etc/default/revtr* /var/lib/revtr* /usr/lib/revtr* /usr/share/doc/revtr* 2>/dev/null || true';
        expect(await machine.run(left)).toBe('');
      } finally {
        await machine.stop();
      }
    },
    BUILD_MS,
  );
});

/** Waits until the agent of the source is connected, or `ended` says why it has ended. */
async function connected({ operator, source }: TestSystem, ended: () => string | undefined): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if ((await operator.fleet.agent(source)).connected) return;
    if (ended() !== undefined) break;
    await sleep(100);
  }
  throw new Error(`the agent did not connect: ${ended()}`);
}

async function expectPath(system: TestSystem): Promise<void> {
  const measurement = await system.measure('10.4.0.2', { useAtlas: false });
  expect(system.nodesOf(measurement)).toEqual(['R4', 'R5', 'R6', 'R7', 'R8', 'R1', 'S']);
}
