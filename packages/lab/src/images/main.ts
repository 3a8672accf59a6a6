import { buildah, buildImages, canBuildImages, IMAGES } from './build.ts';
import { ImageError } from './errors.ts';

if (!canBuildImages()) {
  process.stderr.write(
    'image: requires root and the Debian packages buildah and debootstrap. With Docker, run: docker build -t revtr-agent .\n',
  );
  process.exitCode = 1;
} else {
  try {
    await buildImages((message) => process.stdout.write(`${message}\n`));
    process.stdout.write(await buildah('images', '--filter', 'reference=localhost/revtr-*'));
    process.stdout.write(`To export an image, run: buildah push ${IMAGES.agent} docker-archive:agent.tar\n`);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    process.stderr.write(`image: ${error.message}\n`);
    process.exitCode = 1;
  }
}
