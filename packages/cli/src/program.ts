import { ClientError } from '@revtr/client';
import { Command, CommanderError } from 'commander';
import { addSimulator } from '#simulator-commands';
import manifest from '../package.json' with { type: 'json' };
import { addAbuse } from './commands/abuse.ts';
import { addAccount } from './commands/account.ts';
import { addAccuracy, addSelfAudits } from './commands/accuracy.ts';
import { addAdmin } from './commands/admin.ts';
import { addUsers } from './commands/admin-users.ts';
import { addAgents } from './commands/agents.ts';
import { addApply } from './commands/apply.ts';
import { addAtlas } from './commands/atlas.ts';
import { addAudit } from './commands/audit.ts';
import { addBatch } from './commands/batch.ts';
import { addBatches } from './commands/batches.ts';
import { addData } from './commands/data.ts';
import { addFetch } from './commands/fetch.ts';
import { addKeys } from './commands/keys.ts';
import { addMeasure } from './commands/measure.ts';
import { addOptOuts } from './commands/opt-out.ts';
import { addSafety } from './commands/safety.ts';
import { addShare } from './commands/share.ts';
import { addSources } from './commands/sources.ts';
import { addWarts } from './commands/warts.ts';
import { addWatch } from './commands/watch.ts';
import { Context } from './context.ts';
import { CliError } from './errors.ts';
import { exitCodeOf } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const PROBLEMS_SHOWN = 20;

/** Runs one command line, given without the program name, and returns its exit code. Every error becomes a message on standard error. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const context = new Context(terminal);
  try {
    await createProgram(context).parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    explain(error, context);
    return exitCodeOf(error);
  }
}

/** The command `revtr` with all its subcommands. */
export function createProgram(context: Context): Command {
  const { terminal } = context;
  const program = new Command('revtr')
    .version(manifest.version)
    .description('Reverse Traceroute measures the path from any destination back to your source.')
    .showHelpAfterError('(revtr --help lists all commands)')
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .exitOverride();
  addMeasure(program, context);
  addBatch(program, context);
  addBatches(program, context);
  addFetch(program, context);
  addShare(program, context);
  addWatch(program, context);
  addSources(program, context);
  addApply(program, context);
  addAgents(program, context);
  addAtlas(program, context);
  addAccuracy(program, context);
  addAccount(program, context);
  addKeys(program, context);
  addData(program, context);
  const admin = addAdmin(program, context);
  addOptOuts(admin, context);
  addAudit(admin, context);
  addAbuse(admin, context);
  addUsers(admin, context);
  addSafety(admin, context);
  addSelfAudits(admin, context);
  addSimulator(program, context);
  addWarts(program, context);
  for (const command of program.commands) inheritSettings(command, program);
  return program;
}

function inheritSettings(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(child, command);
}

function explain(error: unknown, { output }: Context): void {
  // Commander has printed its own message.
  if (error instanceof CommanderError) return;
  if (!(error instanceof CliError || error instanceof ClientError)) {
    output.note(`revtr: internal error: ${error instanceof Error ? error.message : String(error)}`);
    for (const line of error instanceof Error ? (error.stack ?? '').split('\n').slice(1) : []) output.note(line);
    return;
  }
  output.note(`revtr: ${error.message}`);
  const problems = error instanceof ClientError ? (error.answer?.problems ?? []) : [];
  for (const { at, message } of problems.slice(0, PROBLEMS_SHOWN)) output.note(`  ${at}: ${message}`);
  if (problems.length > PROBLEMS_SHOWN) output.note(`  and ${problems.length - PROBLEMS_SHOWN} more`);
}
