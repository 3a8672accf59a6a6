import type { ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, connect } from './connection.ts';
import type { ExitCode } from './exit-codes.ts';
import { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** What commands work with. */
export class Context {
  readonly terminal: Terminal;
  readonly output: Output;
  /** The exit code when the command throws no error. */
  exitCode: ExitCode = 0;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.output = new Output(terminal);
  }

  /** A client with an API key. @throws {CliError} */
  connect(options: ConnectionOptions): Promise<ReverseTracerouteClient> {
    return connect(options, this.terminal);
  }
}

/** Adds a command that prints data: it has the option `--json`. */
export function addCommand(parent: Command, name: string, description: string, json = 'print JSON'): Command {
  return parent.command(name).description(description).option('--json', json);
}

/** Adds a command that prints data, and that runs when no subcommand of `parent` is named. */
export function addDefaultCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name, { isDefault: true }).description(description).option('--json', 'print JSON');
}
