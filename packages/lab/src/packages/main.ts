import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BuildError } from '../building/errors.ts';
import { parseOrExit } from '../command-line.ts';
import { buildNpmPackages } from './npm-packages.ts';

const USAGE = `npm run packages [-- OPTIONS]

Builds the npm packages of the command line, the client library and the agent.

  --out DIR    Directory of the packages. Default: out/packages.
  -h, --help   Show this text.
`;

const options = { out: { type: 'string', default: 'out/packages' }, help: { type: 'boolean', short: 'h' } } as const;

async function build({ out, help }: { readonly out: string; readonly help?: boolean | undefined }): Promise<number> {
  if (help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    for (const path of Object.values(await buildNpmPackages(resolve(out)))) process.stdout.write(`${path}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    process.stderr.write(`packages: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await build(parseOrExit(() => parseArgs({ options }).values, USAGE));
