#!/usr/bin/env node
import { readAdoptRequest, runAdoptAuthority } from './commands/adopt-authority.ts';
import { readCopyRequest, runCopy } from './commands/copy-database.ts';
import { type Command, runCommand, tryPrepare } from './program/run-command.ts';
import { runController } from './program/run-controller.ts';

const USAGE = `revtr-controller
revtr-controller copy-database FROM TO
revtr-controller adopt-authority DATABASE AUTHORITY

Runs the central system: the HTTP API, the queue, the measurement engine, and
the gateway that agents connect to. Environment variables configure it;
docs/running.md describes them.

  copy-database    Copy everything from one database to another one that no
                   controller has used, and compare both: from an embedded
                   database to PostgreSQL, for example. docs/running.md
                   describes what else to do.
  adopt-authority  Make the certificate authority in the directory AUTHORITY
                   that of a database. A new one is created where there is
                   none. docs/agents.md describes what else to do.
  -h, --help       Show this text.

FROM, TO and DATABASE are values of REVTR_DATABASE, and AUTHORITY is that of
REVTR_AUTHORITY. Stop the controller before either command. PGPASSWORD may
contain the password of PostgreSQL.
`;

const COMMANDS = new Map<string, Command>([
  [
    'copy-database',
    {
      prepare: (args) => {
        const request = readCopyRequest(args);
        return typeof request === 'string' ? request : (context) => runCopy(request, context);
      },
      whenStopped: 'stopped; nothing was copied',
    },
  ],
  [
    'adopt-authority',
    {
      prepare: (args) => {
        const request = readAdoptRequest(args);
        return typeof request === 'string'
          ? request
          : (context) => runAdoptAuthority(request, { ...context, now: new Date() });
      },
      whenStopped: 'stopped',
    },
  ],
]);

/** @param problem - what is wrong with the arguments; none if the text was asked for */
function showUsage(problem?: string): void {
  const sentence = problem === undefined ? '' : `revtr-controller: ${problem}\n\n`;
  (problem === undefined ? process.stdout : process.stderr).write(`${sentence}${USAGE}`);
  process.exitCode = problem === undefined ? 0 : 2;
}

const [name, ...args] = process.argv.slice(2);
const command = name === undefined ? undefined : COMMANDS.get(name);
if (name === undefined) await runController();
else if ([name, ...args].some((arg) => arg === '--help' || arg === '-h')) showUsage();
else if (command === undefined) showUsage(`there is no command ${name}`);
else {
  const work = tryPrepare(command, args);
  if (typeof work === 'string') showUsage(work);
  else await runCommand(work, command);
}
