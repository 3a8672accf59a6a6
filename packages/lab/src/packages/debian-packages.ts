import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildWeb, WEB_DIRECTORY } from '@revtr/web/build';
import { REPOSITORY } from '../building/repository.ts';
import { sourceTime } from '../building/source-time.ts';
import { buildDebianPackage, type DebianPackage } from './debian/debian-package.ts';

const WHAT = [
  'Reverse Traceroute measures the path that packets take from any destination',
  'back to a source, without control of the destination.',
];

const AGENT: DebianPackage = {
  name: 'revtr-agent',
  summary: 'agent of a Reverse Traceroute source or vantage point',
  text: [
    WHAT,
    [
      'The agent runs on the host of a source or a vantage point. It sends probes with',
      'scamper and captures replies to spoofed probes.',
    ],
  ],
  depends: ['scamper'],
  programs: [{ source: 'agent', command: 'revtr-agent', directory: 'usr/sbin' }],
  settings: { page: 'agents.md', heading: 'Configuration' },
  copies: {
    'etc/revtr-agent/plvp.config': join(REPOSITORY, 'plvp.config'),
    ...documentation('revtr-agent', ['agents.md', 'host-a-source.md', 'troubleshooting.md']),
  },
  // scamper changes its root directory to this one, and cannot create it in the file system that the service sees.
  directories: { 'var/empty': 0o555 },
};

const CONTROLLER: DebianPackage = {
  name: 'revtr-controller',
  summary: 'central system of Reverse Traceroute: API, queue, engine',
  text: [
    WHAT,
    [
      'The controller serves the API and the web interface, stores measurements in an',
      'embedded database or in PostgreSQL, and accepts the connections of agents. The',
      'package also contains the command line, revtr.',
    ],
  ],
  depends: [],
  programs: [
    { source: 'controller', command: 'revtr-controller', directory: 'usr/sbin' },
    { source: 'cli', command: 'revtr', directory: 'usr/bin' },
  ],
  settings: { page: 'running.md', heading: 'Settings' },
  copies: {
    'usr/share/revtr-controller/web': WEB_DIRECTORY,
    ...documentation(
      'revtr-controller',
      readdirSync(join(REPOSITORY, 'docs')).filter((file) => file.endsWith('.md')),
    ),
  },
  directories: {},
};

/** Paths of the Debian packages. */
export interface DebianPackages {
  readonly agent: string;
  readonly controller: string;
}

/** Builds the Debian packages of agent and controller in `destination`. @throws {BuildError} */
export async function buildDebianPackages(destination: string): Promise<DebianPackages> {
  mkdirSync(destination, { recursive: true });
  await buildWeb();
  const time = await sourceTime(process.env);
  return {
    agent: await buildDebianPackage(AGENT, time, destination),
    controller: await buildDebianPackage(CONTROLLER, time, destination),
  };
}

function documentation(name: string, pages: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pages.map((page) => [`usr/share/doc/${name}/${page}`, join(REPOSITORY, 'docs', page)]));
}
