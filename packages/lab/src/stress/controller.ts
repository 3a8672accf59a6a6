import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Starts the controller without agents, waits until it serves its API, and stops it. */
export async function startController(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-stress-'));
  try {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('@revtr/controller/main'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        REVTR_DATABASE: 'memory:',
        REVTR_AUTHORITY: join(directory, 'authority'),
        REVTR_DATASETS: join(directory, 'datasets'),
        REVTR_SOCKET: join(directory, 'api.sock'),
        REVTR_GATEWAY_HOST: '127.0.0.1',
        REVTR_GATEWAY_PORT: '0',
      },
    });
    child.stdout.on('data', (output: Buffer) => {
      if (output.includes('"msg":"started"')) child.kill('SIGTERM');
    });
    const [code, signal]: unknown[] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the controller ended with ${signal ?? `exit code ${code}`}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
