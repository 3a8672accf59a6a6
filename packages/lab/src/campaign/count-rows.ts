import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import { CampaignError } from './errors.ts';

/** Debian's Python, which has pandas. */
const PYTHON = '/usr/bin/python3';
const COUNT_WITH_PANDAS = `
import glob, sys
import pandas
rows = 0
measurements = set()
for name in glob.glob(sys.argv[1] + '/*.csv'):
    frame = pandas.read_csv(name, usecols=['measurement', 'destination'])
    rows += len(frame)
    measurements.update(frame['measurement'])
print(rows, len(measurements))
`;
/** Memory that DuckDB may use. */
const DUCKDB_MEMORY = '512MB';

/** Rows of a file or directory as a program counts them, and how many different measurements they have. */
export interface RowCount {
  readonly rows: number;
  readonly distinct: number;
}

const countSchema = z.object({ rows: z.coerce.number(), distinct: z.coerce.number() });

/** Counts the rows that DuckDB finds in the Parquet files of a directory, and in a file of JSON Lines those that have ended. */
export async function countWithDuckDb(
  directory: string,
  jsonLines: string,
): Promise<{ readonly parquet: RowCount; readonly jsonLines: RowCount }> {
  const connection = await (await DuckDBInstance.create(':memory:', { memory_limit: DUCKDB_MEMORY })).connect();
  try {
    const count = async (table: string): Promise<RowCount> => {
      const { 0: row } = (await connection.runAndReadAll(table)).getRowObjectsJson();
      return countSchema.parse(row);
    };
    return {
      parquet: await count(
        `select count(*) as rows, count(distinct measurement) as distinct from read_parquet('${quoted(directory)}/*.parquet')`,
      ),
      jsonLines: await count(
        `select count(*) as rows, count(distinct id) as distinct from read_json('${quoted(jsonLines)}',
           format = 'newline_delimited', columns = {id: 'BIGINT', state: 'VARCHAR'}, maximum_object_size = 67108864)
         where state = 'done'`,
      ),
    };
  } finally {
    connection.closeSync();
  }
}

const quoted = (path: string): string => path.replaceAll("'", "''");

/** Counts the rows that pandas finds in the CSV files of a directory. @throws {CampaignError} `programFailed` */
export async function countWithPandas(directory: string): Promise<RowCount> {
  const child = spawn(PYTHON, ['-c', COUNT_WITH_PANDAS, directory], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const [rows, distinct] = output.trim().split(' ');
  const parsed = countSchema.safeParse({ rows, distinct });
  if (parsed.success && child.exitCode === 0) return parsed.data;
  throw new CampaignError('programFailed', `pandas failed: ${errors.trim()}`, { program: PYTHON, output: errors });
}

/** Whether pandas is installed. */
export async function hasPandas(): Promise<boolean> {
  const child = spawn(PYTHON, ['-c', 'import pandas'], { stdio: 'ignore' });
  const end = await once(child, 'close').catch(() => [1]);
  return end[0] === 0;
}
