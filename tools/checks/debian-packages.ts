import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const KERNEL = 'reverse traceroutes with the real scamper among Linux routers';
const IMAGES = 'the container images';
const PYTHON = 'the Python client';
/** Debian packages that some suites need, and a file that shows that they are there. `isBare`: without the packages that it recommends. */
const NEEDED: readonly {
  readonly name: string;
  readonly file: string;
  readonly what: string;
  readonly isBare?: boolean;
}[] = [
  { name: 'postgresql', file: '/usr/lib/postgresql', what: 'the PostgreSQL half of the database suite' },
  { name: 'nats-server', file: '/usr/sbin/nats-server', what: 'the bus over NATS, and the cluster' },
  { name: 'scamper', file: '/usr/bin/scamper', what: KERNEL },
  { name: 'iproute2', file: '/usr/sbin/ip', what: KERNEL },
  { name: 'nftables', file: '/usr/sbin/nft', what: KERNEL },
  { name: 'procps', file: '/usr/sbin/sysctl', what: KERNEL },
  { name: 'python3', file: '/usr/bin/python3', what: 'exports that the csv and xml modules of Python read' },
  { name: 'python3-pip', file: '/usr/lib/python3/dist-packages/pip/__init__.py', what: PYTHON },
  { name: 'python3-setuptools', file: '/usr/lib/python3/dist-packages/setuptools/__init__.py', what: PYTHON },
  { name: 'python3-wheel', file: '/usr/lib/python3/dist-packages/wheel/__init__.py', what: PYTHON },
  { name: 'mypy', file: '/usr/bin/mypy', what: PYTHON },
  {
    name: 'python3-pandas',
    file: '/usr/lib/python3/dist-packages/pandas/__init__.py',
    what: 'tables that pandas reads',
    isBare: true,
  },
  {
    name: 'python3-networkx',
    file: '/usr/lib/python3/dist-packages/networkx',
    what: 'graphs that networkx reads',
    isBare: true,
  },
  { name: 'zsh', file: '/usr/bin/zsh', what: 'completion in zsh' },
  { name: 'fish', file: '/usr/bin/fish', what: 'completion in fish' },
  { name: 'bzip2', file: '/usr/bin/bzip2', what: 'datasets that bzip2 itself has packed' },
  { name: 'chromium', file: '/usr/bin/chromium', what: 'the web interface in a browser' },
  { name: 'prometheus', file: '/usr/bin/promtool', what: 'alert rules that promtool checks', isBare: true },
  { name: 'haproxy', file: '/usr/sbin/haproxy', what: 'the load balancer of a cluster', isBare: true },
  { name: 'systemd', file: '/usr/bin/systemd-analyze', what: 'the systemd units of a cluster', isBare: true },
  { name: 'buildah', file: '/usr/bin/buildah', what: IMAGES },
  { name: 'debootstrap', file: '/usr/sbin/debootstrap', what: IMAGES },
];

/**
 * Installs what is missing of the Debian packages, as root on Debian. Otherwise it says which suites are left out, which ends the process with an
 * error if `isCi`.
 */
export function installMissing({ isCi }: { readonly isCi: boolean }): void {
  const missing = NEEDED.filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    process.stdout.write(`\n== installing ${missing.map(({ name }) => name).join(', ')}\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env });
    const install = (packages: typeof missing, ...options: readonly string[]): void => {
      if (packages.length === 0) return;
      const args = ['install', '-y', '-qq', ...options, ...packages.map(({ name }) => name)];
      spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    };
    install(missing.filter(({ isBare }) => !isBare));
    install(
      missing.filter(({ isBare }) => isBare),
      '--no-install-recommends',
    );
  }
  for (const { name, file, what } of missing) {
    if (existsSync(file)) continue;
    process.stdout.write(`${name} is not installed and cannot be installed here: ${what} is left out\n`);
    if (isCi) process.exit(1);
  }
}
