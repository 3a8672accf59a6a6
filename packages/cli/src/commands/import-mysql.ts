import { type Command, InvalidArgumentError } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { importDumps } from '../migration/import-dumps.ts';
import { renderMysqlImport } from '../render/mysql-import.ts';

interface ImportOptions extends ConnectionOptions {
  readonly dryRun?: boolean;
  /** Milliseconds. Default 0. */
  readonly utcOffset?: number;
}

/** `revtr admin import-mysql`. */
export function addMysqlImport(admin: Command, context: Context): void {
  const { output } = context;
  withConnection(
    addCommand(admin, 'import-mysql', 'Import users, sources, vantage points and atlas traceroutes of revtr 2.0'),
  )
    .argument('<file...>', 'dump that mysqldump wrote, plain or compressed with gzip or bzip2')
    .option('--dry-run', 'change nothing, and show what would be imported')
    .option('--utc-offset <+HH:MM>', 'time zone of the database server, for example -05:00 (default: UTC)', readOffset)
    .action(async (files: readonly string[], options: ImportOptions) => {
      const { fleet } = await context.connect(options);
      const { dryRun: isDryRun = false, utcOffset: offsetMs = 0 } = options;
      const done = await importDumps({ files, isDryRun, offsetMs }, fleet);
      output.print(options, done, renderMysqlImport);
    });
}

/** Parses a difference to UTC, and returns milliseconds. */
function readOffset(text: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(text) ?? [];
  const offset = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || offset > 14 * 60 || Number(minutes) > 59)
    throw new InvalidArgumentError('It must be a difference to UTC such as -05:00.');
  return (sign === '-' ? -offset : offset) * 60_000;
}
