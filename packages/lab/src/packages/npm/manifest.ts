import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Libraries } from './bundle.ts';

/** The oldest version of Node.js on which the packages run: commander and eventsource-parser need it. */
export const OLDEST_NODE = '22.12.0';

const dependenciesSchema = z.record(z.string(), z.string()).default({});
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  license: z.string().optional(),
  exports: z.unknown().optional(),
  dependencies: dependenciesSchema,
  optionalDependencies: dependenciesSchema,
  peerDependencies: dependenciesSchema,
});

/** What is read of a `package.json`. */
export type Manifest = z.infer<typeof manifestSchema>;

/** The `package.json` in `directory`. */
export const readManifest = (directory: string): Manifest =>
  manifestSchema.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));

/**
 * The `package.json` of a published package: what it says in the repository about itself, and `contents`. `range` turns the version of
 * a library in the lock file into the versions that the package accepts.
 */
export function publishedManifest(
  { name, version, description, license }: Manifest,
  libraries: Libraries,
  range: (version: string) => string,
  contents: Readonly<Record<string, unknown>>,
): string {
  const versions = [...libraries].map(([library, directory]) => [library, range(readManifest(directory).version)]);
  const manifest = {
    ...{ name, version, description, license, type: 'module' },
    engines: { node: `>=${OLDEST_NODE}` },
    ...contents,
    dependencies: Object.fromEntries(versions),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
