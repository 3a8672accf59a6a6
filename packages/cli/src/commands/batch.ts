import type { RequestedPair } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { CliError, unreadableFile } from '../errors.ts';
import { exitCodeOfMeasurements } from '../exit-codes.ts';
import { renderMeasurement } from '../render/measurement-table.ts';
import type { Terminal } from '../terminal.ts';

interface PairOptions {
  readonly to?: string;
  readonly label?: string;
}

interface BatchOptions extends ConnectionOptions, PairOptions {
  readonly skipInvalid?: boolean;
  readonly wait: boolean;
}

/** `revtr batch FILE`. */
export function addBatch(program: Command, context: Context): void {
  const { terminal, output } = context;
  withConnection(addCommand(program, 'batch', 'Measure many pairs', 'print JSON, one measurement per line'))
    .argument('<file>', 'file with one "DESTINATION [SOURCE]" per line; # begins a comment; - reads standard input')
    .option('--to <source>', 'source for the lines that name none')
    .option('--label <label>', 'label, to find the results with "revtr fetch"')
    .option('--skip-invalid', 'leave out invalid pairs and measure the others')
    .option('--no-wait', 'print the number of the batch and exit')
    .action(async (file: string, options: BatchOptions) => {
      const pairs = parsePairs(file, await readPairs(file, terminal), options);
      const client = await context.connect(options);
      const { batchId, rejected } = await client.submit(pairs, { skipInvalid: options.skipInvalid === true });
      for (const { at, message } of rejected) output.note(`left out ${at}: ${message}`);
      if (!options.wait) {
        output.printEach(options, [{ batchId }], () => `batch ${batchId}\n`);
        return;
      }
      const { measurements } = await client.wait(batchId, {
        onEvent: (event) => {
          if (event.type === 'progress' && terminal.isInteractive)
            output.note(`  ${event.done} of ${event.total} done`);
        },
      });
      output.printEach(options, measurements, (measurement) => `${renderMeasurement(measurement, terminal)}\n`);
      context.exitCode = exitCodeOfMeasurements(measurements);
    });
}

async function readPairs(file: string, terminal: Terminal): Promise<string> {
  try {
    return await terminal.readFile(file);
  } catch (error) {
    throw error instanceof CliError ? error : unreadableFile(file, error);
  }
}

/** The pairs in the text of a file. @throws {CliError} `unreadableFile`, with the number of the line */
export function parsePairs(file: string, text: string, { to, label }: PairOptions): RequestedPair[] {
  const refuse = (reason: string): CliError =>
    new CliError('unreadableFile', `${file}: ${reason}`, { path: file, reason });
  const pairs = text.split('\n').flatMap((line, i): RequestedPair[] => {
    const words = line
      .replace(/#.*/, '')
      .split(/[\s,]+/)
      .filter((word) => word !== '');
    const [dst, src = to] = words;
    if (dst === undefined) return [];
    if (words.length > 2) throw refuse(`line ${i + 1} has more than a destination and a source`);
    if (src === undefined) throw refuse(`line ${i + 1} names no source, and --to is missing`);
    return [{ src, dst, ...(label !== undefined && { label }) }];
  });
  if (pairs.length === 0) throw refuse('the file has no pair');
  return pairs;
}
