import { chmodSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file whole or not at all. */
export function replaceFile(path: string, text: string, mode: number): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}
