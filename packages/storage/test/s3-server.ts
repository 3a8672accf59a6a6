import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Place } from '../src/index.ts';

const BUCKET = 'revtr-cold';
/** The account that s3rver has. */
const KEY = 'S3RVER';
const OBJECT = '._S3rver_object';

/** An S3 server of other people, which checks signatures. Every prefix of its bucket is a place. */
export class S3Server {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #port: number;

  private constructor(process: ChildProcess, directory: string, port: number) {
    this.#process = process;
    this.#directory = directory;
    this.#port = port;
  }

  static async start(): Promise<S3Server> {
    const directory = mkdtempSync(join(tmpdir(), 'revtr-s3-'));
    const program = join(import.meta.dirname, 's3-process.ts');
    // It encrypts the tokens of pages with a cipher that is out of use.
    const server = spawn(process.execPath, ['--openssl-legacy-provider', program, directory, BUCKET], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line]: unknown[] = await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);
    const port = Number(String(line));
    if (!Number.isInteger(port) || port === 0) throw new Error('the S3 server did not start');
    return new S3Server(server, directory, port);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await ended;
    rmSync(this.#directory, { recursive: true });
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  place(prefix: string): S3Place {
    const url = `${this.origin}/${BUCKET}/${prefix}`;
    return { url, region: 'eu-central-1', accessKeyId: KEY, secretAccessKey: KEY };
  }

  /** Reads an object behind the back of its server. */
  content(prefix: string, path: string): Buffer {
    return readFileSync(this.#file(prefix, path));
  }

  /** Changes an object behind the back of its server; `undefined` deletes it. */
  change(prefix: string, path: string, content: Uint8Array | undefined): void {
    if (content === undefined) rmSync(this.#file(prefix, path));
    else writeFileSync(this.#file(prefix, path), content);
  }

  #file(prefix: string, path: string): string {
    return join(this.#directory, BUCKET, prefix, `${path}${OBJECT}`);
  }
}
