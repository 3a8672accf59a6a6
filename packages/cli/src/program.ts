import { ClientError } from '@revtr/client';
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAdmin } from './commands/admin.ts';
import { addAgents } from './commands/agents.ts';
import { addApply } from './commands/apply.ts';
import { addAtlas } from './commands/atlas.ts';
import { addBatch } from './commands/batch.ts';
import { addData } from './commands/data.ts';
import { addFetch } from './commands/fetch.ts';
import { addMeasure } from './commands/measure.ts';
import { addDatasets } from './commands/sim-datasets.ts';
import { addTruth } from './commands/sim-truth.ts';
import { addSources } from './commands/sources.ts';
import { addWarts } from './commands/warts.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line and returns its exit code. Every error becomes a sentence on standard error. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: ExitCode = EXIT.ok;
  const exit = (chosen: ExitCode): void => {
    code = chosen;
  };
  const program = new Command('revtr')
    .version(manifest.version)
    .description('Reverse Traceroute: the path from any destination back to your source.')
    .showHelpAfterError('(revtr --help shows all commands)')
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride();
  addMeasure(program, terminal, exit);
  addBatch(program, terminal, exit);
  addFetch(program, terminal);
  addSources(program, terminal);
  addApply(program, terminal);
  addAgents(program, terminal);
  addAtlas(program, terminal, exit);
  addData(program, terminal, exit);
  addAdmin(program, terminal);
  const sim = program.command('sim').description('look into the simulated Internet');
  addTruth(sim, terminal);
  addDatasets(sim, terminal);
  addWarts(program, terminal);
  for (const command of program.commands) inheritSettings(command, program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}

function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(child, command);
}

function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    terminal.err(`revtr: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof ClientError) {
    terminal.err(`revtr: ${error.message}\n`);
    for (const { at, message } of error.details.slice(0, 20)) terminal.err(`  ${at}: ${message}\n`);
    if (error.code === 'unauthorized') return EXIT.unauthorized;
    return error.code === 'unreachable' || (error.status ?? 0) >= 500 ? EXIT.unavailable : EXIT.usage;
  }
  terminal.err(`revtr: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.unavailable;
}
