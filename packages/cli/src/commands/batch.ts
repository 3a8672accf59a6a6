import type { RequestedPair } from '@revtr/client';
import type { Command } from 'commander';
import { type PairDefaults, pairOf } from '../campaign/pair-lines.ts';
import { runCampaign } from '../campaign/run.ts';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { type DisplayOptions, withDisplay } from '../display.ts';
import { badArgument, unusableFile } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../read-text.ts';
import { follow } from './follow.ts';
import { printMeasurements } from './print-measurements.ts';
import { sourceOf } from './source.ts';
import { submit } from './submit.ts';

interface BatchOptions extends ConnectionOptions, DisplayOptions, PairDefaults {
  readonly to?: string;
  readonly skipInvalid?: boolean;
  readonly wait: boolean;
  readonly out?: string;
}

const DETAILS = `
With --out, the file may have any number of pairs. The command splits it into
batches within your limits, adds the results of each batch to the output
while it runs, in its order, one JSON object a line, and keeps a journal in
OUTPUT.journal. When it is interrupted, run the same command again: it goes on,
measures no pair twice and loses none. Pairs that the server does not accept
appear in the output with the state "rejected".
`;

/** `revtr batch FILE`. */
export function addBatch(program: Command, context: Context): void {
  const { terminal, output } = context;
  const batch = addCommand(program, 'batch', 'Measure many pairs', 'print JSON, one measurement per line')
    .argument('<file>', 'file with one "DESTINATION [SOURCE]" per line; # begins a comment; - reads standard input')
    .option('--to <source>', 'source for the lines that name none (default: the source of the profile)')
    .option('--label <label>', 'label, to find the results with "revtr fetch"')
    .option('--skip-invalid', 'leave out invalid pairs and measure the others')
    .option('--no-wait', 'print the number of the batch and exit')
    .option('--out <output>', 'write the results to a file, and continue it after an interruption')
    .addHelpText('after', DETAILS);
  withConnection(withDisplay(batch)).action(async (file: string, given: BatchOptions) => {
    const to = await sourceOf(given, terminal);
    const options = { ...given, ...(to !== undefined && { to }) };
    if (options.out !== undefined) {
      if (file === '-')
        throw badArgument('file', file, 'cannot be read again after an interruption: use a file with --out');
      const { pairs, reached, rejected } = await runCampaign({ ...options, file, out: options.out }, context);
      output.note(`${pairs} pairs: ${reached} reached the source, ${rejected} were not accepted`);
      context.exitCode = reached === pairs ? EXIT.ok : EXIT.incomplete;
      return;
    }
    const pairs = parsePairs(file, await readText(file, terminal), options);
    const client = await context.connect(options);
    const { batchId, rejected } = await submit(client, pairs, { skipInvalid: options.skipInvalid === true }, context);
    for (const { at, message } of rejected) output.note(`left out ${at}: ${message}`);
    if (!options.wait) {
      output.printEach(options, [{ batchId }], () => `batch ${batchId}\n`);
      return;
    }
    const { measurements } = await follow(client, batchId, {}, context);
    await printMeasurements(context, options, measurements);
  });
}

/** The pairs in the text of a file. @throws {CliError} `unreadableFile`, with the number of the line */
export function parsePairs(file: string, text: string, defaults: PairDefaults): RequestedPair[] {
  const pairs = text.split('\n').flatMap((line, i) => pairOf({ file, number: i + 1 }, line, defaults) ?? []);
  if (pairs.length === 0) throw unusableFile(file, 'the file has no pair');
  return pairs;
}
