/** The oldest version of Node.js on which the client runs, as major and minor number. */
const OLDEST = [22, 12] as const;

/** The version of Node.js; `undefined` in browsers, where a bundler may have defined `process`. */
function nodeVersion(): string | undefined {
  const { process }: { readonly process?: { readonly versions?: { readonly node?: string } } } = globalThis;
  return process?.versions?.node;
}

const version = nodeVersion();
if (version !== undefined) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new Error(
      `Node.js ${version} is too old; @revtr/client needs Node.js ${oldestMajor}.${oldestMinor} or newer.`,
    );
}
