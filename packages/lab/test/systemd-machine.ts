import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { buildah, DEBIAN_IMAGE, hasImage } from '../src/images/build.ts';

const run = promisify(execFile);
const SYSTEMD_IMAGE = 'localhost/revtr-debian-systemd';
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const CGROUPS = '/tmp/cgroups';

/** Becomes the first process of a cgroup `$2`, and starts the machine in `$1` in namespaces of its own. */
const BOOT = `
set -e
mount --make-rprivate /
mkdir -p ${CGROUPS}
mount -t cgroup2 none ${CGROUPS}
mkdir -p "${CGROUPS}/$2" # A run that was killed may have left it.
echo $$ > "${CGROUPS}/$2/cgroup.procs"
exec unshare --pid --uts --ipc --cgroup --fork --kill-child sh -c '
set -e
cd "$0"
mount --bind . .
cd "$0"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 none sys/fs/cgroup
for directory in run tmp dev; do mount -t tmpfs tmpfs $directory; done
for device in null zero full random urandom tty; do
  touch dev/$device
  mount --bind /dev/$device dev/$device
done
mkdir -p dev/pts dev/shm oldroot
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . oldroot
umount -l /oldroot
exec env -i container=other /lib/systemd/systemd --unit=basic.target
' "$1"
`;
const REMOVE_CGROUP = `
mkdir -p ${CGROUPS}
mount --make-rprivate /
mount -t cgroup2 none ${CGROUPS}
find "${CGROUPS}/$1" -depth -type d -exec rmdir {} ';'
`;

/** A Debian with systemd and scamper, which runs as if it was a machine, in a network namespace. */
export class SystemdMachine {
  readonly #container: string;
  /** Its root directory, seen from outside. */
  readonly root: string;
  readonly #cgroup: string;
  readonly #process: ChildProcess;
  #init = '';

  private constructor(container: string, root: string, namespace: string) {
    this.#container = container;
    this.root = root;
    this.#cgroup = `revtr-${container}`;
    const boot = ['unshare', '--mount', 'sh', '-c', BOOT, 'sh', root, this.#cgroup];
    this.#process = spawn('ip', ['netns', 'exec', namespace, ...boot], { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** Boots {@link buildSystemdImage}'s image, and waits until its services can be started. */
  static async boot(namespace: string): Promise<SystemdMachine> {
    const container = (await buildah('from', SYSTEMD_IMAGE)).trim();
    const root = (await buildah('mount', container)).trim();
    // An installed machine has a name server, and scamper does not start without. The build of an image can leave an empty file.
    writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 127.0.0.1\n');
    const machine = new SystemdMachine(container, root, namespace);
    try {
      await machine.#booted();
      return machine;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** Runs a shell command as root, and returns what it prints. */
  async run(command: string): Promise<string> {
    const enter = ['-t', this.#init, '-m', '-p', '-u', '-i', '-n', '-C', '-r', '-w'];
    const { stdout } = await run('nsenter', [...enter, 'env', '-i', `PATH=${PATH}`, 'sh', '-c', command]);
    return stdout;
  }

  /** The state of a service: `active`, `inactive` or another (`systemctl(1)`). */
  async stateOf(service: string): Promise<string> {
    return (await this.run(`systemctl is-active ${service} || true`)).trim();
  }

  /** Copies a file into its file system. */
  copy(from: string, to: string): void {
    cpSync(from, join(this.root, to));
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGKILL');
      await ended;
    }
    await run('unshare', ['--mount', 'sh', '-c', REMOVE_CGROUP, 'sh', this.#cgroup]).catch(() => undefined);
    await buildah('umount', this.#container);
    await buildah('rm', this.#container);
  }

  async #booted(): Promise<void> {
    for (let tries = 0; tries < 600 && this.#process.exitCode === null; tries++) {
      const { pid } = this.#process;
      this.#init = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      if (this.#init !== '' && (await this.stateOf('basic.target').catch(() => '')) === 'active') return;
      await sleep(100);
    }
    throw new Error('systemd does not start');
  }
}

/** Builds the image of the machines unless it exists. The image {@link DEBIAN_IMAGE} must exist. */
export async function buildSystemdImage(): Promise<void> {
  if (await hasImage(SYSTEMD_IMAGE)) return;
  const container = (await buildah('from', DEBIAN_IMAGE)).trim();
  try {
    const install = 'apt-get update && apt-get install -y --no-install-recommends systemd scamper';
    await buildah('run', '--isolation', 'chroot', container, '--', 'sh', '-c', install);
    await buildah('commit', '-q', container, SYSTEMD_IMAGE);
  } finally {
    await buildah('rm', container);
  }
}
