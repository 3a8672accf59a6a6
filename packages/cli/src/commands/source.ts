import type { Command } from 'commander';
import { type ProfileOption, profileOf } from '../config/profile.ts';
import { CliError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';

/** The option that names a source. */
export interface SourceOption extends ProfileOption {
  readonly to?: string;
}

/** Adds the option `--to`. */
export function withSource(command: Command): Command {
  return command.option('--to <source>', 'IPv4 address of a registered source (default: the source of the profile)');
}

/** The source of a command: from `--to`, or the profile in use. @throws {CliError} `badArgument` when there is none */
export async function requiredSource(options: SourceOption, terminal: Terminal): Promise<string> {
  const source = await sourceOf(options, terminal);
  if (source !== undefined) return source;
  const message = 'no source: use --to, or set one with "revtr config set source ADDRESS"';
  throw new CliError('badArgument', message, { name: '--to', value: '' });
}

/** The source of a command, if there is one. */
export async function sourceOf(options: SourceOption, terminal: Terminal): Promise<string | undefined> {
  return options.to ?? (await profileOf(options, terminal)).source;
}
