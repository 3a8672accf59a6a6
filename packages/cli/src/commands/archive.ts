import { open } from 'node:fs/promises';
import type { ArchiveConsent, ArchiveImport, ArchiveStatus, FleetClient } from '@revtr/client';
import { DatasetError, decompressed, linesOf } from '@revtr/datasets';
import { Argument, type Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { fileError } from '../errors.ts';

interface ImportOptions extends ConnectionOptions {
  readonly origin: string;
}

/** What the import of a file has done. */
interface Imported extends ArchiveImport {
  readonly file: string;
  readonly lines: number;
}

/** Rows that are sent together. */
const MOST_AT_ONCE = 500;
const MOST_LINE_CHARACTERS = 2 ** 20;
const NO_COMMENTS = '';

/** `revtr admin archive`. */
export function addArchive(admin: Command, context: Context): void {
  const { output } = context;
  const archive = admin.command('archive').description('The public archive, and archives of other systems');

  withConnection(addCommand(archive, 'status', 'Show what the public archive has, and whether it is complete')).action(
    async (options: ConnectionOptions) => {
      output.print(options, await (await context.connect(options)).fleet.archive(), renderStatus);
    },
  );

  withConnection(addCommand(archive, 'import', 'Import the results of another system, to be read through the API'))
    .argument('<file>', 'rows as in the M-Lab archive, one JSON object a line, plain or compressed with gzip or bzip2')
    .requiredOption('--origin <name>', 'name of the system that the results are from')
    .action(async (file: string, options: ImportOptions) => {
      const { fleet } = await context.connect(options);
      output.print(options, await importRows(file, options.origin, fleet), renderImport);
    });
}

/** `revtr account archive`. */
export function addArchiveConsent(account: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(account, 'archive', 'Show or change whether your results are published in the archive'))
    .addArgument(new Argument('[choice]', '"on" to agree, "off" to withdraw').choices(['on', 'off']))
    .action(async (choice: 'on' | 'off' | undefined, options: ConnectionOptions) => {
      const { accounts } = await context.connect(options);
      const consent =
        choice === undefined ? await accounts.archiveConsent() : await accounts.setArchiveConsent(choice === 'on');
      output.print(options, consent, renderConsent);
    });
}

async function importRows(file: string, origin: string, fleet: FleetClient): Promise<Imported> {
  const done = { added: 0, known: 0, invalid: 0, lines: 0 };
  let rows: unknown[] = [];
  const send = async (): Promise<void> => {
    if (rows.length === 0) return;
    const { added, known, invalid } = await fleet.importArchive(origin, rows);
    done.added += added;
    done.known += known;
    done.invalid += invalid;
    rows = [];
  };
  for await (const line of rowsOf(file)) {
    done.lines++;
    const row = parsed(line);
    if (row === undefined) done.invalid++;
    else rows.push(row);
    if (rows.length >= MOST_AT_ONCE) await send();
  }
  await send();
  return { file, ...done };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The lines of a file that are not empty. @throws {CliError} `unreadableFile` */
async function* rowsOf(file: string): AsyncGenerator<string> {
  try {
    const content = decompressed((await open(file)).createReadStream());
    for await (const { text } of linesOf(content, { lineCharacters: MOST_LINE_CHARACTERS }, NO_COMMENTS)) yield text;
  } catch (error) {
    throw fileError(file, error, DatasetError);
  }
}

function renderStatus({
  directory,
  results,
  files,
  bytes,
  pending,
  writtenAt,
  completeAt,
  failure,
}: ArchiveStatus): string {
  const lines = [
    directory === undefined ? 'the archive is switched off (REVTR_ARCHIVE)' : `directory: ${directory}`,
    `${results} results in ${files} files, ${bytes} bytes; ${pending} results wait`,
    `last file: ${writtenAt ?? 'none'}`,
    ...(completeAt === undefined ? [] : [`complete at: ${completeAt}`]),
    ...(failure === undefined ? [] : [`the last run failed: ${failure}`]),
  ];
  return `${lines.join('\n')}\n`;
}

const renderImport = ({ file, lines, added, known, invalid }: Imported): string =>
  `${file}: ${lines} lines; ${added} results added, ${known} known, ${invalid} invalid\n`;

const renderConsent = ({ isOffered, agreedAt }: ArchiveConsent): string =>
  agreedAt === undefined
    ? `your results are not published${isOffered ? '' : '; this system has no public archive'}\n`
    : `results that you submitted since ${agreedAt} are published${isOffered ? '' : ' when this system has a public archive'}\n`;
