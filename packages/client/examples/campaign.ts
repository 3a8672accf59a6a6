/** Measures the pairs of a file, `SOURCE DESTINATION` in each line, and writes JSON Lines: `node campaign.ts PAIRS >RESULTS`. */
import { open } from 'node:fs/promises';
import { connect } from './settings.ts';

const [file = ''] = process.argv.slice(2);

async function* pairs() {
  const handle = await open(file);
  for await (const line of handle.readLines()) {
    const [src = '', dst = ''] = line.trim().split(/\s+/);
    if (src !== '') yield { src, dst };
  }
}

const client = connect();
const batches: number[] = [];
for await (const { batchId, offset, rejected } of client.upload(pairs(), { perBatch: 500 })) {
  for (const { index, message } of rejected) process.stderr.write(`line ${offset + index + 1}: ${message}\n`);
  if (batchId !== undefined) batches.push(batchId);
}
for (const batchId of batches) {
  for await (const event of client.events(batchId)) if (event.type === 'complete') break;
  for await (const measurement of client.results(batchId)) process.stdout.write(`${JSON.stringify(measurement)}\n`);
}
