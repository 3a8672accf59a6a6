import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ArchiveConsent, ArchiveImport, ArchiveStatus, FleetClient } from '@revtr/client';
import { Argument, type Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { unreadableFile, unusableFile } from '../errors.ts';

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
const GZIP = [0x1f, 0x8b];

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
    .argument('<file>', 'rows as in the M-Lab archive, one JSON object a line; gzip or not')
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
  for await (const line of linesOf(file)) {
    if (line.trim() === '') continue;
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

/** The lines of a file. @throws {CliError} `unreadableFile` */
async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    const handle = await open(file);
    const { buffer } = await handle.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    const content = handle.createReadStream({ start: 0 });
    const text = GZIP.every((byte, i) => buffer[i] === byte) ? unpacked(content) : content;
    let rest = '';
    for await (const part of text.setEncoding('utf8')) {
      const lines = `${rest}${part}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > MOST_LINE_CHARACTERS)
        throw unusableFile(file, `a line has more than ${MOST_LINE_CHARACTERS} characters`);
    }
    yield rest;
  } catch (error) {
    throw error instanceof Error && 'code' in error && !('details' in error) ? unreadableFile(file, error) : error;
  }
}

function unpacked(content: Readable): Readable {
  const text = createGunzip();
  // The error of a stream does not reach the one that it is piped to.
  content.on('error', (error) => text.destroy(error));
  return content.pipe(text);
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
