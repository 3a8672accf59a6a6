import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canRunKernelLab, nextPrefix } from './kernel.ts';

const MAIN = fileURLToPath(new URL('../src/kernel/main.ts', import.meta.url));
const TOPOLOGY = fileURLToPath(new URL('../src/kernel/asymmetric.json', import.meta.url));
const printed = z.object({ api: z.string(), key: z.string(), operatorKey: z.string() });

describe.skipIf(!canRunKernelLab())('npm run lab -- up', () => {
  let directory: string;
  let name: string;
  let lab: ChildProcess;
  let messages: string;
  let ended: Promise<unknown[]>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-lab-command-'));
    messages = '';
    name = nextPrefix();
    lab = spawn(process.execPath, [MAIN, 'up', TOPOLOGY, '--name', name], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // The process number of the lab is in the temporary directory.
      env: { ...process.env, REVTR_PORT: '0', TMPDIR: directory },
    });
    lab.stderr?.on('data', (chunk: Buffer) => {
      messages += chunk.toString();
    });
    ended = once(lab, 'exit');
  });
  afterEach(async () => {
    lab.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });

  const started = async (): Promise<z.infer<typeof printed>> => {
    let output = '';
    for await (const chunk of lab.stdout ?? []) {
      output += String(chunk);
      if (output.includes('\n')) return printed.parse(JSON.parse(output));
    }
    throw new Error(`the lab did not start: ${messages}`);
  };
  const said = async (text: string): Promise<void> => {
    while (!messages.includes(text)) await sleep(20);
  };

  it('prints keys of the owner and of the operator, and removes the lab after Ctrl-C although its pipe has ended', async () => {
    const { api, key, operatorKey } = await started();
    const fleetOf = (apiKey: string) => new ReverseTracerouteClient({ server: api, key: apiKey }).fleet;
    expect(await fleetOf(operatorKey).applications()).toHaveLength(1);
    await expect(fleetOf(key).mails()).rejects.toMatchObject({ serverCode: 'forbidden' });
    lab.stdout?.destroy();
    lab.stderr?.destroy();
    // The terminal and npm both send the signal.
    lab.kill('SIGINT');
    await sleep(50);
    lab.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(namespaces(name)).toEqual([]);
  });

  it('reports that a scamper has ended, and ends when an agent does', async () => {
    await started();
    kill(`${name}-V1`, 'scamper');
    await said('scamper of V1 ended with SIGKILL; the agent restarts it');
    expect(lab.exitCode).toBeNull();
    kill(`${name}-S`, 'node');
    expect(await ended).toEqual([1, null]);
    expect(messages).toMatch(/lab: agent S ended with SIGKILL. The last lines of its log:\n\{.*connected/s);
    expect(namespaces(name)).toEqual([]);
  });

  it('ends when the controller does, also during the start', async () => {
    await said('waiting for their tests');
    kill(`${name}-_ctl`, 'node');
    expect(await ended).toEqual([1, null]);
    expect(messages).toMatch(/lab: controller ended with SIGKILL. The last lines of its log:\n\{.*"started"/s);
    expect(namespaces(name)).toEqual([]);
  });
});

describe.skipIf(!canRunKernelLab())('npm run lab -- up --name --before-start', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-lab-names-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const topology = join(directory, 'topology.json');
  writeFileSync(
    topology,
    JSON.stringify({
      nodes: {
        S: { role: 'source' },
        V: { role: 'vp' },
        W: { role: 'vp' },
        R: { role: 'router' },
        D: { role: 'destination' },
      },
      links: [
        ['S', 'R', '25.0.0.0/30'],
        ['V', 'R', '25.0.1.0/30'],
        ['D', 'R', '25.0.2.0/30'],
        ['W', 'R', '25.0.3.0/30'],
      ],
      routing: 'shortest',
      as: { '25.0.0.0/16': 64_500 },
      changes: [{ at: 0, policies: [{ at: 'R', to: '25.0.2.0/30', do: 'drop' }] }],
    }),
  );
  const environment = { ...process.env, TMPDIR: directory, REVTR_PORT: '0' };
  const lab = (...args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  const textOf = async (stream: AsyncIterable<unknown> | null, end: string): Promise<string> => {
    let seen = '';
    for await (const chunk of stream ?? []) {
      seen += String(chunk);
      if (seen.includes(end)) break;
    }
    return seen;
  };

  it('runs two labs side by side; each command runs in the built network before programs start, and down removes one lab', async () => {
    const script = join(directory, 'command');
    // No program runs in the network yet, and the routes are set.
    writeFileSync(
      script,
      '#!/bin/sh\necho "$1 in $REVTR_LAB_NAME: $REVTR_LAB_NAMESPACES"\nip netns pids $REVTR_LAB_NAME-S | wc -l\nip -n $REVTR_LAB_NAME-R route show 25.0.2.0/30\n',
      { mode: 0o755 },
    );
    const names = [nextPrefix(), nextPrefix()];
    const labs = names.map((name, i) =>
      lab(
        'up',
        topology,
        '--name',
        name,
        '--port',
        '0',
        '--control-address',
        `192.168.254.${i + 1}`,
        '--before-start',
        `${script} prepared`,
      ),
    );
    const ends = labs.map((child) => once(child, 'exit'));
    try {
      const progress = await Promise.all(labs.map(({ stderr }) => textOf(stderr, 'changed the network at second 0')));
      for (const [i, text] of progress.entries()) {
        const all = JSON.stringify(
          Object.fromEntries(['S', 'V', 'W', 'R', 'D'].map((node) => [node, `${names[i]}-${node}`])),
        );
        expect(text).toContain(`prepared in ${names[i]}: ${all}\n0\n25.0.2.0/30 dev toDl2`);
      }
      expect(namespaces(names[0])).toHaveLength(6);
      expect(namespaces(names[1])).toHaveLength(6);
      await once(lab('down', '--name', names[0]), 'exit');
      expect(await ends[0]).toEqual([0, null]);
      expect(namespaces(names[0])).toEqual([]);
      expect(namespaces(names[1])).toHaveLength(6);
    } finally {
      for (const child of labs) child.kill('SIGTERM');
      await Promise.all(ends);
    }
    expect(namespaces(names[1])).toEqual([]);
  }, 300_000);

  it('removes the lab when the command fails', async () => {
    const name = nextPrefix();
    const child = lab('up', topology, '--name', name, '--before-start', 'false');
    const ended = once(child, 'exit');
    expect(await textOf(child.stderr, '--before-start')).toContain('--before-start false: exit code 1');
    expect(await ended).toEqual([1, null]);
    expect(namespaces(name)).toEqual([]);
  });

  it('refuses a name that another lab has, and takes over from a lab that was killed with its namespaces', async () => {
    const name = nextPrefix();
    const first = lab('up', topology, '--name', name, '--port', '0');
    const killed = once(first, 'exit');
    await textOf(first.stderr, 'built 5 namespaces');
    const refused = lab('up', topology, '--name', name, '--port', '0');
    const ended = once(refused, 'exit');
    expect(await textOf(refused.stderr, '\n')).toBe(
      `lab: process ${first.pid} runs a lab with the name ${name}. To remove it, run: npm run lab -- down --name ${name}\n`,
    );
    expect(await ended).toEqual([1, null]);
    first.kill('SIGKILL');
    await killed;
    expect(namespaces(name)).not.toEqual([]);
    const second = lab('up', topology, '--name', name, '--port', '0');
    const over = once(second, 'exit');
    expect(await textOf(second.stderr, 'built 5 namespaces')).toContain('built 5 namespaces');
    second.kill('SIGTERM');
    await over;
    expect(namespaces(name)).toEqual([]);
  });

  it('refuses bad options with their names', async () => {
    for (const [option, value] of [
      ['name', 'Nein!'],
      ['port', 'x'],
      ['control-address', '1.2'],
      ['random', '-'],
    ]) {
      const child = lab('up', topology, `--${option}`, value);
      const ended = once(child, 'exit');
      expect(await textOf(child.stderr, '\n')).toContain(`--${option}: `);
      expect(await ended).toEqual([2, null]);
    }
  });
});

function namespaces(name: string): string[] {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  return list.filter((candidate) => candidate.startsWith(`${name}-`));
}

/** Kills the process in a namespace whose name begins with `name`. */
function kill(namespace: string, name: string): void {
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).trim().split('\n').map(Number);
  const pid = pids.find((candidate) =>
    readFileSync(`/proc/${candidate}/cmdline`, 'utf8').split('\0')[0].endsWith(name),
  );
  if (pid === undefined) throw new Error(`no ${name} in ${namespace}`);
  process.kill(pid, 'SIGKILL');
}
