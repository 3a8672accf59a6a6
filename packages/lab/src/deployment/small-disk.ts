import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(2 ** 20);

/** A file system in memory of limited size, mounted for this process and its children. */
export class SmallDisk {
  readonly directory: string;
  readonly #filler: string;

  constructor(options: { readonly mib: number }) {
    this.directory = mkdtempSync(join(tmpdir(), 'revtr-disk-'));
    this.#filler = join(this.directory, 'filler');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${options.mib}m,mode=0700`, 'tmpfs', this.directory]);
  }

  /** Share of the disk that is used, 0 to 1. */
  get used(): number {
    const { blocks, bavail } = statfsSync(this.directory);
    return 1 - bavail / blocks;
  }

  /** Writes until nothing fits. */
  fill(): void {
    const file = openSync(this.#filler, 'w', 0o600);
    try {
      while (writeSync(file, CHUNK) === CHUNK.length);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Removes what {@link fill} has written. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    execFileSync('umount', ['--lazy', this.directory]);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
