import { chmodSync, lutimesSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files of a package before it is built, below a directory of this machine. Paths are relative to it. */
export class PackageTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Adds a file and the directories above it. */
  add(path: string, contents: string | Uint8Array): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), contents);
  }

  /** All files below a directory, sorted. None if it does not exist. */
  files(directory = ''): readonly string[] {
    return this.#paths(directory, true);
  }

  /** Size of all files and directories as `du` counts them, KiB. */
  get size(): number {
    const sizes = this.#paths('', false).map((path) => statSync(join(this.root, path)));
    return sizes.reduce((sum, status) => sum + (status.isDirectory() ? 1 : Math.ceil(status.size / 1_024)), 0);
  }

  /**
   * Gives every path the permissions 0755 if it is a directory or `isProgram`, or else 0644, and the time `time` (seconds since
   * 1970). `modes` has the permissions of exceptions.
   */
  normalise(time: number, isProgram: (path: string) => boolean, modes: Readonly<Record<string, number>>): void {
    for (const path of [...this.#paths('', false), '.']) {
      const absolute = join(this.root, path);
      chmodSync(absolute, modes[path] ?? (statSync(absolute).isDirectory() || isProgram(path) ? 0o755 : 0o644));
      lutimesSync(absolute, time, time);
    }
  }

  /** Directories come after their contents. */
  #paths(directory: string, onlyFiles: boolean): readonly string[] {
    const absolute = join(this.root, directory);
    const entries = statSync(absolute, { throwIfNoEntry: false }) ? readdirSync(absolute, { withFileTypes: true }) : [];
    return entries
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = join(directory, entry.name);
        if (!entry.isDirectory()) return [path];
        return [...this.#paths(path, onlyFiles), ...(onlyFiles ? [] : [path])];
      });
  }
}
