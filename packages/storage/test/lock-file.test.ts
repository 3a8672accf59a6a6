import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { lockDirectory, openDatabase } from '../src/index.ts';

const HOLDER = new URL('./lock-holder.ts', import.meta.url).pathname;
const WRITER = new URL('./kill-writer.ts', import.meta.url).pathname;
const IN_CONTAINER = ['unshare', '--pid', '--fork', '--kill-child'];
const hasContainers = spawnSync(IN_CONTAINER[0], [...IN_CONTAINER.slice(1), 'true']).status === 0;
if (!hasContainers) process.stderr.write('no process namespaces can be made here: a test of locks does not run\n');

describe('the lock of a directory', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Runs a program until the test ends. */
  const run = (program: string, wrapper: readonly string[] = []): ChildProcess => {
    const [command, ...args] = [...wrapper, process.execPath, program, directory];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };
  /** The first text that a program prints. */
  const saysFirst = async (child: ChildProcess): Promise<string> => {
    const [text] = await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
    return String(text);
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  /** Whether another process gets the lock. */
  const canBeLocked = async (wrapper: readonly string[] = []): Promise<boolean> => {
    const child = run(HOLDER, wrapper);
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const closed = once(child, 'close');
    const isLocked = /^\d+\n$/.test(await saysFirst(child));
    child.kill('SIGKILL');
    await closed;
    if (!isLocked) expect(output).toContain('directoryInUse');
    return isLocked;
  };

  it.skipIf(!hasContainers)(
    'keeps out a process of another container, whose process numbers are the same',
    async () => {
      const holder = run(HOLDER, IN_CONTAINER);
      expect(await saysFirst(holder)).toBe('1\n');
      expect(await canBeLocked(IN_CONTAINER)).toBe(false);
      expect(await canBeLocked()).toBe(false);
      expect(() => lockDirectory(directory)).toThrow('process 1 has the directory');
    },
  );

  it('ends with its process, even if another one has the same process number now', async () => {
    const holder = run(HOLDER);
    await saysFirst(holder);
    await kill(holder);
    expect(readFileSync(join(directory, 'revtr.lock'), 'utf8')).toBe(`${holder.pid}\n`);
    writeFileSync(join(directory, 'revtr.lock'), `${process.ppid}\n`);
    lockDirectory(directory)();
    expect(await canBeLocked()).toBe(true);
  });

  it('keeps other processes out after the database was repaired', async () => {
    const writer = run(WRITER);
    await saysFirst(writer);
    await kill(writer);
    const database = await openDatabase({ kind: 'embedded', directory });
    expect(await canBeLocked()).toBe(false);
    await database.close();
    expect(await canBeLocked()).toBe(true);
  });

  it('respects that of a running process of an earlier version, whose number is all it wrote', () => {
    const earlier = join(directory, 'revtr.lock');
    writeFileSync(earlier, String(process.ppid));
    expect(() => lockDirectory(directory)).toThrow(`process ${process.ppid} has the directory`);
    expect(readFileSync(earlier, 'utf8')).toBe(String(process.ppid));
    rmSync(earlier);
    lockDirectory(directory)();
  });

  it('is held once in a process, and leaves a file that only its owner can open', () => {
    const unlock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(`process ${process.pid} has the directory`);
    unlock();
    const unlockAgain = lockDirectory(directory);
    unlock();
    expect(() => lockDirectory(directory)).toThrow(`process ${process.pid} has the directory`);
    expect(readdirSync(directory).sort()).toEqual(['.revtr-lock', 'revtr.lock']);
    unlockAgain();
    expect(readdirSync(directory)).toEqual(['.revtr-lock']);
    expect(lstatSync(join(directory, '.revtr-lock'))).toMatchObject({ mode: 0o100600, size: 0 });
  });
});
