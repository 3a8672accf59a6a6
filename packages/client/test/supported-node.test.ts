import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const INDEX = new URL('../src/index.ts', import.meta.url).href;

describe('the client', () => {
  /** What a program prints that changes its platform and then imports the client. */
  const importedAfter = (change: string) => {
    const code = `${change}
      const print = console.log;
      await import('${INDEX}').then(({ ReverseTracerouteClient: { name } }) => print(name), ({ message }) => print(message));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.trimEnd();
  };
  const onNode = (node: string) =>
    importedAfter(`Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } });`);

  it('refuses a version of Node.js that is too old, before anything else', () => {
    for (const version of ['20.19.5', '22.11.0'])
      expect(onNode(version)).toBe(`Node.js ${version} is too old; @revtr/client needs Node.js 22.12 or newer.`);
  });

  it('accepts newer versions and platforms without Node.js', () => {
    expect(onNode('22.12.0')).toBe('ReverseTracerouteClient');
    expect(onNode('100.0.0')).toBe('ReverseTracerouteClient');
    expect(importedAfter('delete globalThis.process;')).toBe('ReverseTracerouteClient');
    expect(importedAfter('globalThis.process = { env: {} };')).toBe('ReverseTracerouteClient');
  });
});
