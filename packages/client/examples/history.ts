/** Lists all batches of the account and the networks that their measurements pass: `node history.ts`. */
import { connect } from './settings.ts';

const client = connect();
for await (const { id, total } of client.eachBatch()) {
  process.stdout.write(`batch ${id}: ${total} measurements\n`);
  for await (const { destination, stopReason, networks = [] } of client.eachOutline(id))
    process.stdout.write(`  ${destination}\t${stopReason ?? 'unfinished'}\t${networks.join(' ')}\n`);
}
