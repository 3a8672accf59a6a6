/** Measures the path from a destination back to a source: `node measure.ts SOURCE DESTINATION`. */
import { isClientError } from '@revtr/client';
import { connect } from './settings.ts';

const [src = '', dst = ''] = process.argv.slice(2);
const client = connect();
try {
  const { batchId } = await client.submit([{ src, dst, isRunRttPings: true }]);
  const { measurements } = await client.wait(batchId);
  for (const { result } of measurements) {
    for (const { address, technique, confidence } of result?.hops ?? [])
      process.stdout.write(`${address}\t${technique}\t${confidence}\n`);
    process.stdout.write(`${result?.stopReason ?? 'unfinished'}\n`);
  }
} catch (error) {
  if (isClientError(error, 'quota')) {
    process.stderr.write(`Limits used up. Try again in ${error.details.retryAfterSeconds ?? '?'} s.\n`);
  } else if (isClientError(error)) {
    process.stderr.write(`${error.message}\n`);
    for (const { at, message } of error.answer?.problems ?? []) process.stderr.write(`  ${at}: ${message}\n`);
  } else throw error;
  process.exitCode = 1;
}
