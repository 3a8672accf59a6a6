/** The oldest version of Node.js on which the client runs, as major and minor number. */
const OLDEST = [22, 12] as const;

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

// Browsers have no process, and bundlers may define a part of one.
const version = fieldOf(fieldOf(fieldOf(globalThis, 'process'), 'versions'), 'node');
if (typeof version === 'string') {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new Error(
      `Node.js ${version} is too old; @revtr/client needs Node.js ${oldestMajor}.${oldestMinor} or newer.`,
    );
}
