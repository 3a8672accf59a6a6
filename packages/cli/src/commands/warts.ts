import { createReadStream } from 'node:fs';
import { ScamperError, WartsDecoder, WartsToJson } from '@revtr/scamper';
import type { Command } from 'commander';
import { addCommand, type Context } from '../context.ts';
import { fileError } from '../errors.ts';

/** `revtr warts FILE`. */
export function addWarts(program: Command, context: Context): void {
  addCommand(
    program,
    'warts',
    "Print a warts file as JSON, one record per line, as scamper's sc_warts2json does",
    'print JSON, which is the only format of this command',
  )
    .argument('<file>', 'file that scamper wrote; - reads standard input')
    .action(async (file: string) => {
      const decoder = new WartsDecoder();
      const converter = new WartsToJson();
      try {
        for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
          const records = decoder.push(chunk).map((record) => converter.convert(record));
          context.output.printEach(
            { json: true },
            records.filter((json) => json !== undefined),
            () => '',
          );
        }
        decoder.end();
      } catch (error) {
        throw fileError(file, error, ScamperError);
      }
    });
}
