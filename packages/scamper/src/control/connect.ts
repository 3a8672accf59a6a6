import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScamperError } from '../errors.ts';

const ATTEMPTS = 100;
const PAUSE_MS = 10;

/**
 * Connects to a control socket that has just appeared. scamper creates the file before it accepts connections, so the first attempts may
 * be refused; they are repeated for about a second. @throws {ScamperError} `startFailed`
 */
export async function connectToControl(path: string): Promise<Socket> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      socket.destroy();
      const output = error instanceof Error ? error.message : String(error);
      if (attempt === ATTEMPTS)
        throw new ScamperError('startFailed', `cannot connect to scamper: ${output}`, { program: path, output });
      await sleep(PAUSE_MS);
    }
  }
}
