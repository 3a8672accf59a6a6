import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the server's programs are: Debian keeps them out of the path. `undefined` when there are none. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  return versions.find((directory) => existsSync(join(directory, 'initdb')));
}

/** A PostgreSQL server of its own on loopback, in a directory that is removed in the end. `standbyOf`: URL of a server that it replicates. */
export async function startPostgres({ standbyOf }: { readonly standbyOf?: string } = {}): Promise<{
  readonly url: string;
  stop(): Promise<void>;
}> {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  const directory = mkdtempSync(join(tmpdir(), 'revtr-postgres-'));
  const data = join(directory, 'data');
  const asUser = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (asUser.uid !== undefined) execFileSync('chown', [`${asUser.uid}:${asUser.gid}`, directory]);
  // Without a locale in the environment, the encoding would be SQL_ASCII.
  const create =
    standbyOf === undefined
      ? [join(bin, 'initdb'), '-D', data, '-U', 'revtr', '-A', 'trust', '-N', '-E', 'UTF8', '--locale', 'C']
      : [join(bin, 'pg_basebackup'), '-D', data, '-d', standbyOf, '-R', '-X', 'stream', '--checkpoint=fast', '-N'];
  execFileSync(create[0], create.slice(1), { ...asUser, cwd: directory, stdio: 'ignore' });
  const port = await freePort();
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', directory, '-c', 'fsync=off'];
  const server = spawn(join(bin, 'postgres'), args, { ...asUser, cwd: directory, stdio: 'ignore' });
  for (
    let tries = 0;
    spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).status !== 0;
    tries++
  ) {
    if (tries > 100) throw new Error('PostgreSQL did not start');
    await sleep(100);
  }
  return {
    url: `postgres://revtr@127.0.0.1:${port}/postgres`,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
