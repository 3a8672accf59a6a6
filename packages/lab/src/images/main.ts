import { BuildError } from '../building/errors.ts';
import { buildah, buildImages, canBuildImages, IMAGES } from './build.ts';

const USAGE = `npm run image

Builds the container images ${IMAGES.agent} and
${IMAGES.controller} without a container registry. Requires root and the
Debian packages buildah and debootstrap. Equal sources give equal images.

SOURCE_DATE_EPOCH sets the time of the images and of their files. Default: the
time of the last commit.
`;
const REQUIREMENTS =
  'image: requires root and the Debian packages buildah and debootstrap. With Docker, run: docker build -t revtr-agent .\n';

async function build(): Promise<number> {
  if (!canBuildImages()) {
    process.stderr.write(REQUIREMENTS);
    return 1;
  }
  try {
    await buildImages((message) => process.stdout.write(`${message}\n`));
    process.stdout.write(await buildah('images', '--digests', '--filter', 'reference=localhost/revtr-*'));
    process.stdout.write(`To export an image, run: buildah push ${IMAGES.agent} docker-archive:agent.tar\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    process.stderr.write(`image: ${error.message}\n`);
    return 1;
  }
}

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  process.exitCode = await build();
} else {
  const isHelp = argument === '--help' || argument === '-h';
  (isHelp ? process.stdout : process.stderr).write(USAGE);
  process.exitCode = isHelp ? 0 : 2;
}
