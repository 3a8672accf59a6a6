import { createReadStream } from 'node:fs';
import { ScamperError, WartsDecoder, WartsToJson } from '@revtr/scamper';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** `revtr warts FILE`: a warts file as JSON, one record a line. */
export function addWarts(program: Command, terminal: Terminal): void {
  program
    .command('warts')
    .description("print a warts file as JSON, one record a line, as scamper's sc_warts2json does")
    .argument('<file>', 'file written by scamper, - for standard input')
    .action(async (file: string) => {
      const decoder = new WartsDecoder();
      const converter = new WartsToJson();
      try {
        const stream = file === '-' ? process.stdin : createReadStream(file);
        for await (const chunk of stream) {
          for (const record of decoder.push(chunk)) {
            const json = converter.convert(record);
            if (json !== undefined) terminal.out(`${JSON.stringify(json)}\n`);
          }
        }
        decoder.end();
      } catch (error) {
        if (error instanceof ScamperError) throw new CliError(EXIT.usage, `${file}: ${error.message}`);
        if (error instanceof Error && 'code' in error)
          throw new CliError(EXIT.usage, `cannot read ${file}: ${error.message}`);
        throw error;
      }
    });
}
