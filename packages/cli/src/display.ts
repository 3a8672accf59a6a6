import { type Command, InvalidArgumentError } from 'commander';
import { type ProfileOption, profileOf } from './config/profile.ts';
import type { OutputOptions } from './output.ts';
import { FIELDS, type Field } from './render/measurement/fields.ts';
import type { Terminal } from './terminal.ts';

/** The options of commands that print tables of hops. */
export interface DisplayOptions extends OutputOptions, ProfileOption {
  readonly names?: boolean;
  readonly fields?: readonly Field[];
  readonly why?: boolean;
}

/** Adds the option `--wide`, for commands that print tables. */
export function withTable(command: Command): Command {
  return command.option('-w, --wide', 'print full lines, even on a narrow screen');
}

/** Adds the options that choose what is printed of a path. */
export function withDisplay(command: Command): Command {
  return withTable(command)
    .option('-n, --no-names', 'print numbers only: no names of hosts and networks')
    .option('--names', 'print names, even if the profile turns them off')
    .option('--fields <list>', `fields of hops, separated by commas: ${FIELDS.join(', ')}`, readFields)
    .option('--why', 'print the evidence for each hop');
}

/** The options, completed by the profile in use. @throws {CliError} the errors of `profileOf` */
export async function completed<Options extends DisplayOptions>(
  options: Options,
  terminal: Terminal,
): Promise<Options & DisplayOptions> {
  const { names, wide, fields } = await profileOf(options, terminal);
  return {
    ...options,
    ...(options.names === undefined && names !== undefined && { names }),
    ...(options.wide === undefined && wide !== undefined && { wide }),
    ...(options.fields === undefined && fields !== undefined && { fields }),
  };
}

/** Parses the names of fields, separated by commas. */
function readFields(text: string): Field[] {
  return text.split(',').map((part) => {
    const name = part.trim().toLowerCase();
    const field = FIELDS.find((known) => known === name);
    if (field === undefined) throw new InvalidArgumentError(`The fields are ${FIELDS.join(', ')}.`);
    return field;
  });
}
