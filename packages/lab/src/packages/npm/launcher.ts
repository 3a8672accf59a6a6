import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OLDEST_NODE } from './manifest.ts';

/** Exit code on a version of Node.js that is too old: the same as for wrong arguments. */
const TOO_OLD = 2;

/**
 * Writes `bin/COMMAND.cjs` into a package. It starts `lib/COMMAND.js`, or reports that Node.js is too old. Every version of Node.js can
 * parse it: it is a CommonJS module in ECMAScript 5. The import expression has a file of its own, `bin/start.cjs`, because old versions
 * cannot parse it.
 */
export function writeLauncher(directory: string, command: string): void {
  const [major, minor] = OLDEST_NODE.split('.');
  mkdirSync(join(directory, 'bin'), { recursive: true });
  const launcher = `#!/usr/bin/env node
'use strict';
var version = process.versions.node.split('.');
var major = Number(version[0]);
if (major > ${major} || (major === ${major} && Number(version[1]) >= ${minor})) {
  require('./start.cjs');
} else {
  process.stderr.write(
    '${command}: Node.js ' + process.versions.node + ' is too old; ${command} needs Node.js ${major}.${minor} or newer.\\n'
  );
  process.exitCode = ${TOO_OLD};
}
`;
  writeFileSync(join(directory, 'bin', `${command}.cjs`), launcher, { mode: 0o755 });
  writeFileSync(join(directory, 'bin', 'start.cjs'), `'use strict';\nimport('../lib/${command}.js');\n`);
}
