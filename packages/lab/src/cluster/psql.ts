import { execFileSync } from 'node:child_process';

/**
 * Runs statements with the real `psql`, which knows no version of the schema. Returns the rows as text, one in each element, with `|` between columns.
 * @throws {Error} if a statement fails
 */
export function psql(url: string, statements: string): string[] {
  const output = execFileSync('psql', ['-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', url], {
    ...{ input: statements, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] },
  });
  return output.split('\n').filter((line) => line !== '');
}

/** A text as a literal of SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
