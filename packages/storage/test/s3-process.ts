import S3rver from '@20minutes/s3rver';

/** An S3 server of other people in a process of its own. It prints its port, and ends with its standard input. */
const [directory, name] = process.argv.slice(2);
const listen = { address: '127.0.0.1', port: 0, silent: true };
const { port } = await new S3rver({ ...listen, directory, configureBuckets: [{ name }] }).run();
process.stdout.write(`${port}\n`);
process.stdin.resume().on('end', () => process.exit(0));
