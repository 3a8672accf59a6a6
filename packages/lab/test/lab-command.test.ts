import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canRunKernelLab } from './kernel.ts';

const MAIN = fileURLToPath(new URL('../src/kernel/main.ts', import.meta.url));
const TOPOLOGY = fileURLToPath(new URL('../src/kernel/asymmetric.json', import.meta.url));
const printed = z.object({ api: z.string(), key: z.string(), operatorKey: z.string() });

describe.skipIf(!canRunKernelLab())('npm run lab -- up', () => {
  let directory: string;
  let lab: ChildProcess;
  let messages: string;
  let ended: Promise<unknown[]>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-lab-command-'));
    messages = '';
    lab = spawn(process.execPath, [MAIN, 'up', TOPOLOGY], {
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
    const applications = (apiKey: string) =>
      new ReverseTracerouteClient({ server: api, key: apiKey }).fleet.applications();
    expect(await applications(operatorKey)).toHaveLength(1);
    await expect(applications(key)).rejects.toMatchObject({ serverCode: 'forbidden' });
    lab.stdout?.destroy();
    lab.stderr?.destroy();
    // The terminal and npm both send the signal.
    lab.kill('SIGINT');
    await sleep(50);
    lab.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(namespaces()).toEqual([]);
  });

  it('reports that a scamper has ended, and ends when an agent does', async () => {
    await started();
    kill('rlab-V1', 'scamper');
    await said('scamper of V1 ended with SIGKILL; the agent restarts it');
    expect(lab.exitCode).toBeNull();
    kill('rlab-S', 'node');
    expect(await ended).toEqual([1, null]);
    expect(messages).toMatch(/lab: agent S ended with SIGKILL. The last lines of its log:\n\{.*connected/s);
    expect(namespaces()).toEqual([]);
  });

  it('ends when the controller does, also during the start', async () => {
    await said('waiting for their tests');
    kill('rlab-_ctl', 'node');
    expect(await ended).toEqual([1, null]);
    expect(messages).toMatch(/lab: controller ended with SIGKILL. The last lines of its log:\n\{.*"started"/s);
    expect(namespaces()).toEqual([]);
  });
});

function namespaces(): string[] {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  return list.filter((name) => name.startsWith('rlab-'));
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
