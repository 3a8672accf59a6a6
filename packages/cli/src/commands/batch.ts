import type { BatchEvent, RequestedPair } from '@revtr/client';
import type { Command } from 'commander';
import { connect, withConnection } from '../connection.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { renderMeasurement } from '../render/measurement-table.ts';
import type { Terminal } from '../terminal.ts';

interface BatchOptions {
  readonly to?: string;
  readonly label?: string;
  readonly skipInvalid?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
  readonly server?: string;
  readonly key?: string;
}

/** `revtr batch FILE`: many pairs, one a line. */
export function addBatch(program: Command, terminal: Terminal, exit: (code: ExitCode) => void): void {
  withConnection(program.command('batch'))
    .description('measure many pairs, one "DESTINATION [SOURCE]" a line; # begins a comment')
    .argument('<file>', 'file with the pairs, - for standard input')
    .option('--to <source>', 'source of the lines that name none')
    .option('--label <label>', 'label to find the results by')
    .option('--skip-invalid', 'run the good pairs though others are bad')
    .option('--no-wait', 'print the number of the batch and leave')
    .option('--json', 'print the results as JSON, one a line')
    .action(async (file: string, options: BatchOptions) => {
      const pairs = parsePairs(await readPairs(file, terminal), options);
      const client = await connect(options, terminal);
      const { batchId, rejected } = await client.submit(pairs, { skipInvalid: options.skipInvalid === true });
      for (const { at, message } of rejected) terminal.err(`left out ${at}: ${message}\n`);
      if (!options.wait) {
        terminal.out(options.json === true ? `${JSON.stringify({ batchId })}\n` : `batch ${batchId}\n`);
        return;
      }
      const onEvent = (event: BatchEvent): void => {
        if (event.type === 'progress' && terminal.isInteractive)
          terminal.err(`  ${event.done} of ${event.total} done\n`);
      };
      const batch = await client.wait(batchId, { onEvent });
      for (const measurement of batch.measurements) {
        terminal.out(
          options.json === true ? `${JSON.stringify(measurement)}\n` : `${renderMeasurement(measurement, terminal)}\n`,
        );
      }
      exit(batch.measurements.every(({ result }) => result?.stopReason === 'reaches') ? EXIT.ok : EXIT.incomplete);
    });
}

async function readPairs(file: string, terminal: Terminal): Promise<string> {
  try {
    return await terminal.readFile(file);
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parsePairs(text: string, { to, label }: BatchOptions): RequestedPair[] {
  const pairs = text.split('\n').flatMap((line, i): RequestedPair[] => {
    const words = line
      .replace(/#.*/, '')
      .trim()
      .split(/[\s,]+/);
    const [dst, src = to] = words;
    if (dst === undefined || dst === '') return [];
    if (words.length > 2) throw new CliError(EXIT.usage, `line ${i + 1} has more than a destination and a source`);
    if (src === undefined) throw new CliError(EXIT.usage, `line ${i + 1} names no source, and --to is not given`);
    return [{ src, dst, ...(label !== undefined && { label }) }];
  });
  if (pairs.length === 0) throw new CliError(EXIT.usage, 'the file holds no pair');
  return pairs;
}
