import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '../building/repository.ts';
import { runStep } from '../building/run-step.ts';
import { sourceTime } from '../building/source-time.ts';

/** Names of the images. */
export const IMAGES = { agent: 'localhost/revtr-agent', controller: 'localhost/revtr-controller' } as const;
/** A minimal Debian, on which both images are based. */
export const DEBIAN_IMAGE = 'localhost/revtr-debian';
const NODE_IMAGE = 'localhost/revtr-node';

const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Directories of Debian that the images do not need. */
const DISPENSABLE = ['var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'usr/share/man'];
/** Files of a bootstrapped Debian that tell when and where it was made. */
const TRACES = ['etc/hostname', 'etc/resolv.conf', 'etc/machine-id', 'etc/shadow-', 'etc/passwd-', 'etc/group-'];
/** Directories of such files. */
const DIRECTORIES_OF_TRACES = ['var/cache', 'var/log'];

/** Whether this machine can build images: as root, with buildah and debootstrap installed. */
export function canBuildImages(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/buildah') && existsSync('/usr/sbin/debootstrap');
}

/**
 * Builds both images without a container registry. The base is a Debian system from debootstrap with the Node.js of this
 * machine. Existing base images are reused. Equal sources, base images and Debian packages give equal images.
 * @throws {BuildError} `buildFailed`
 */
export async function buildImages(say: (message: string) => void): Promise<void> {
  if (!(await hasImage(NODE_IMAGE))) await buildBase(say);
  const time = await sourceTime(process.env);
  const settings = { NODE: NODE_IMAGE, DEBIAN: DEBIAN_IMAGE, SOURCE_DATE_EPOCH: time };
  const args = Object.entries(settings).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const options = ['build', '--isolation', 'chroot', '--timestamp', String(time), ...args];
  say(`building ${IMAGES.agent}`);
  await buildah(...options, '-t', IMAGES.agent, REPOSITORY);
  say(`building ${IMAGES.controller}`);
  await buildah(
    ...options,
    '-f',
    join(REPOSITORY, 'deploy/controller.Dockerfile'),
    '-t',
    IMAGES.controller,
    REPOSITORY,
  );
}

/** Runs buildah and returns its standard output. @throws {BuildError} `buildFailed` */
export async function buildah(...args: readonly string[]): Promise<string> {
  return runStep('buildah', args);
}

export async function hasImage(name: string): Promise<boolean> {
  return buildah('inspect', '--type', 'image', name).then(
    () => true,
    () => false,
  );
}

async function buildBase(say: (message: string) => void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-image-'));
  try {
    say('bootstrapping Debian');
    const debian = join(directory, 'debian');
    await runStep('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', debian]);
    await removeTraces(debian);
    for (const path of DISPENSABLE) {
      rmSync(join(debian, path), { recursive: true, force: true });
      mkdirSync(join(debian, path), { recursive: true });
    }
    // The build fetches packages, so the image must trust the same certificate authorities as this machine.
    copyFileSync(TRUSTED, join(debian, TRUSTED));
    await commit(debian, 'scratch', DEBIAN_IMAGE);
    const node = join(directory, 'node');
    addNode(node);
    await commit(node, DEBIAN_IMAGE, NODE_IMAGE);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A base image does not depend on when and where it was made, as long as Debian's packages are the same. */
async function removeTraces(debian: string): Promise<void> {
  for (const path of TRACES) rmSync(join(debian, path), { force: true });
  const directories = DIRECTORIES_OF_TRACES.map((path) => join(debian, path));
  await runStep('find', [...directories, '-type', 'f', '-delete']);
  const shadow = join(debian, 'etc/shadow');
  // The third field is the day of the last change of the password.
  writeFileSync(
    shadow,
    readFileSync(shadow, 'utf8').replaceAll(/^([^:]*:[^:]*:)\d+:/gm, (_, before: string) => `${before}1:`),
  );
}

/** Copies the Node.js and npm of this machine into `directory`, in the layout of an installation. */
function addNode(directory: string): void {
  const [bin, lib] = [join(directory, 'usr/local/bin'), join(directory, 'usr/local/lib/node_modules')];
  mkdirSync(bin, { recursive: true });
  mkdirSync(lib, { recursive: true });
  copyFileSync(process.execPath, join(bin, 'node'));
  const cli = realpathSync(execFileSync('/bin/sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
  cpSync(join(dirname(cli), '..'), join(lib, 'npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(bin, 'npm'));
}

async function commit(directory: string, from: string, name: string): Promise<void> {
  const container = (await buildah('from', from)).trim();
  try {
    await buildah('add', '-q', container, directory, '/');
    await buildah('config', '--env', `PATH=${PATH}`, '--env', `NODE_EXTRA_CA_CERTS=${TRUSTED}`, container);
    await buildah('commit', '-q', '--timestamp', '0', container, name);
  } finally {
    await buildah('rm', container);
  }
}
