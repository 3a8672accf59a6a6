#!/usr/bin/env node
// Old versions of Node.js must be able to run this file: it reports a version that cannot run the TypeScript sources.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  import('../src/main.ts');
} else {
  process.stderr.write(`revtr: Node.js ${process.versions.node} is too old; revtr needs Node.js 22.18 or newer.\n`);
  process.exitCode = 2;
}
