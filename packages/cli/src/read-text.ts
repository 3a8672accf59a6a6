import { CliError, unreadableFile } from './errors.ts';
import type { Terminal } from './terminal.ts';

/** The text of a file, or of standard input for `-`. @throws {CliError} `unreadableFile` */
export async function readText(file: string, terminal: Terminal): Promise<string> {
  try {
    return await terminal.readFile(file);
  } catch (error) {
    throw error instanceof CliError ? error : unreadableFile(file, error);
  }
}
