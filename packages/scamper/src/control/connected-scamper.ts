import type { Duplex } from 'node:stream';
import { connectToControl } from './connect.ts';
import { type ScamperEnd, ScamperProcess, type ScamperProcessOptions } from './scamper-process.ts';

/** A scamper that accepts commands on a stream. */
export interface ConnectedScamper {
  /** Takes commands and gives results. It closes when scamper ends. */
  readonly stream: Duplex;
  /** Whether the stream gives results already, without the command `attach`. */
  readonly isAttached: boolean;
  /** Process id, of a scamper that this process started. */
  readonly pid: number | undefined;
  /** How scamper ended, where that is known. */
  readonly end: ScamperEnd | undefined;
  /** Ends scamper, or the connection with it. */
  stop(): Promise<void>;
}

/** Provides a scamper. Rejects when `signal` fires. */
export type ConnectScamper = (signal: AbortSignal) => Promise<ConnectedScamper>;

/** Starts scamper and connects to its control socket. @throws {ScamperError} `startFailed` */
export async function startedScamper(options: ScamperProcessOptions): Promise<ConnectedScamper> {
  const process = await ScamperProcess.start(options);
  const stream = await connectToControl(options.socketPath).catch(async (error: unknown) => {
    await process.stop();
    throw error;
  });
  return {
    stream,
    isAttached: false,
    get pid() {
      return process.pid;
    },
    get end() {
      return process.end;
    },
    stop: async () => {
      stream.destroy();
      await process.stop();
    },
  };
}
