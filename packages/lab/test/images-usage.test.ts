import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/images/main.ts', import.meta.url));
/** Without a `PATH`, a build fails before it starts a program. */
const run = (argument: string) =>
  spawnSync(process.execPath, [MAIN, argument], { env: { PATH: '' }, encoding: 'utf8' });

describe('npm run image', () => {
  it('prints its usage instead of building images', () => {
    const { status, stdout, stderr } = run('--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('buildah and debootstrap');
  });

  it('rejects an unknown argument', () => {
    expect(run('--unknown')).toMatchObject({ status: 2, stdout: '' });
  });
});
