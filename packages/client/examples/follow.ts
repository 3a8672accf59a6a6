/** Shows a measurement while it goes on: `node follow.ts SOURCE DESTINATION`. */
import { connect } from './settings.ts';

const [src = '', dst = ''] = process.argv.slice(2);
const client = connect();
const { batchId } = await client.submit([{ src, dst, useCache: false }]);
for await (const event of client.events(batchId, { paths: true, signal: AbortSignal.timeout(120_000) })) {
  if (event.type === 'trying') process.stdout.write(`trying ${event.technique} at ${event.hop}\n`);
  if (event.type === 'path')
    process.stdout.write(`path of ${event.hops.length} hops, to ${event.hops.at(-1)?.address}\n`);
  if (event.type === 'ended') process.stdout.write(`ended: ${event.stopReason}\n`);
}
