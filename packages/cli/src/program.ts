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
import { addArchive } from './commands/archive.ts';
import { addAtlas } from './commands/atlas.ts';
import { addAudit } from './commands/audit.ts';
import { addBatch } from './commands/batch.ts';
import { addBatches } from './commands/batches.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addData } from './commands/data.ts';
import { addFetch } from './commands/fetch.ts';
import { addFind } from './commands/find.ts';
import { addKeys } from './commands/keys.ts';
import { addLogin } from './commands/login.ts';
import { addMcp } from './commands/mcp.ts';
import { addMeasure } from './commands/measure.ts';
import { addOptOuts } from './commands/opt-out.ts';
import { addProbe } from './commands/probe.ts';
import { addSafety } from './commands/safety.ts';
import { addShare } from './commands/share.ts';
import { addSources } from './commands/sources.ts';
import { addWarts } from './commands/warts.ts';
import { addWatch } from './commands/watch.ts';
import { Context } from './context.ts';
import { CliError } from './errors.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { screenOf, type Terminal } from './terminal.ts';

const PROBLEMS_SHOWN = 20;

/** Columns of help where the screen is wider or unknown. */
const HELP_COLUMNS = 100;

/** Runs one command line, given without the program name, and returns its exit code. Every error becomes a message on standard error. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const isJson = args.slice(0, argsEnd(args)).includes('--json');
  const context = new Context(terminal);
  const program = createProgram(context, { isJson });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (isJson) explainInJson(error, context);
    else explain(error, context);
    return exitCodeOf(error);
  }
}

/** Where options end: what follows `--` is arguments. */
const argsEnd = (args: readonly string[]): number => (args.includes('--') ? args.indexOf('--') : args.length);

/** The command `revtr` with all its subcommands. With `isJson` (default false), no message of the parser is printed. */
export function createProgram(
  context: Context,
  { isJson = false }: { readonly isJson?: boolean | undefined } = {},
): Command {
  const { terminal } = context;
  const { columns } = screenOf(terminal);
  const helpColumns = Math.min(columns, HELP_COLUMNS);
  const program = new Command('revtr')
    .version(manifest.version)
    .description('Reverse Traceroute measures the path from any destination back to your source.')
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => {
        if (!isJson) context.output.noteLines(text);
      },
      getOutHelpWidth: () => helpColumns,
      getErrHelpWidth: () => helpColumns,
      // Both would look at the streams of this process, which need not be those of the terminal.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(revtr --help lists all commands)')
    .exitOverride();
  addMeasure(program, context);
  addBatch(program, context);
  addBatches(program, context);
  addFetch(program, context);
  addFind(program, context);
  addProbe(program, context);
  addShare(program, context);
  addWatch(program, context);
  addSources(program, context);
  addApply(program, context);
  addAgents(program, context);
  addAtlas(program, context);
  addAccuracy(program, context);
  addLogin(program, context);
  addConfig(program, context);
  addAccount(program, context);
  addKeys(program, context);
  addData(program, context);
  addMcp(program, context);
  const admin = addAdmin(program, context);
  addArchive(admin, context);
  addOptOuts(admin, context);
  addAudit(admin, context);
  addAbuse(admin, context);
  addUsers(admin, context);
  addSafety(admin, context);
  addSelfAudits(admin, context);
  addSimulator(program, context);
  addWarts(program, context);
  addCompletion(program, context);
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
  if (exitCodeOf(error) === EXIT.interrupted) return;
  output.note(`revtr: ${error.message}`);
  const problems = error instanceof ClientError ? (error.answer?.problems ?? []) : [];
  for (const { at, message } of problems.slice(0, PROBLEMS_SHOWN)) output.note(`  ${at}: ${message}`);
  if (problems.length > PROBLEMS_SHOWN) output.note(`  and ${problems.length - PROBLEMS_SHOWN} more`);
}

/** Prints `{"error":{…}}` on standard error: what went wrong, for programs. The form is that of the API, with the exit code. */
function explainInJson(error: unknown, { output }: Context): void {
  const exitCode = exitCodeOf(error);
  // Help and version are no errors.
  if (exitCode === EXIT.ok) return;
  output.noteJson({ error: { ...described(error), exitCode } });
}

interface DescribedError {
  readonly code: string;
  readonly message: string;
  /** HTTP status of the answer. */
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly details: readonly { readonly at: string; readonly code: string; readonly message: string }[];
}

function described(error: unknown): DescribedError {
  if (error instanceof CommanderError)
    return { code: 'badArgument', message: error.message.replace(/^error: /, ''), details: [] };
  if (error instanceof CliError) return { code: error.code, message: error.message, details: [] };
  if (!(error instanceof ClientError))
    return { code: 'internal', message: error instanceof Error ? error.message : String(error), details: [] };
  const { answer, message, details } = error;
  if (answer === undefined) return { code: error.code, message, details: [] };
  const wait = 'retryAfterSeconds' in details ? details.retryAfterSeconds : undefined;
  return {
    code: answer.serverCode,
    message,
    status: answer.status,
    ...(wait !== undefined && { retryAfterSeconds: wait }),
    details: answer.problems,
  };
}
