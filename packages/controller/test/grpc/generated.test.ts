import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const GENERATED = 'packages/controller/src/grpc/generated';

it('the types of gRPC messages are those of the proto files (npm run generate)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-generated-'));
  const buf = join(ROOT, 'node_modules/.bin/buf');
  execFileSync(buf, ['generate', '--output', directory], { cwd: ROOT, stdio: 'pipe' });
  const filesOf = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .toSorted()
        .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
  expect(filesOf(join(ROOT, GENERATED))).toEqual(filesOf(join(directory, GENERATED)));
  rmSync(directory, { recursive: true });
});
