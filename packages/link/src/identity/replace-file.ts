import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file atomically: readers see the old text or the new one. */
export function replaceFile(path: string, text: string, mode: number): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}

/** Creates a directory that only its owner can enter (0700). An existing one keeps its mode: others may use it as well. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
