import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BuildError } from '../building/errors.ts';
import { parseOrExit } from '../command-line.ts';
import { buildDebianPackages } from './debian-packages.ts';
import { buildNpmPackages } from './npm-packages.ts';

const USAGE = `npm run packages [-- OPTIONS]

Builds the npm packages of the command line, the client library and the agent,
or the Debian packages of the agent and the controller. Equal sources give equal
packages.

  --debian     Build the Debian packages, for the architecture of this machine
               (requires dpkg-deb).
  --out DIR    Directory of the packages. Default: out/packages.
  -h, --help   Show this text.

SOURCE_DATE_EPOCH sets the time of the files in Debian packages. Default: the
time of the last commit.
`;

const options = {
  debian: { type: 'boolean', default: false },
  out: { type: 'string', default: 'out/packages' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
type Options = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

async function build({ debian, out, help }: Options): Promise<number> {
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const packages = await (debian ? buildDebianPackages : buildNpmPackages)(resolve(out));
    for (const path of Object.values(packages)) process.stdout.write(`${path}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    process.stderr.write(`packages: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await build(parseOrExit(() => parseArgs({ options }).values, USAGE));
