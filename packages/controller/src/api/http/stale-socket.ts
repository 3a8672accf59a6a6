import { unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Removes a Unix socket that nobody listens on any more: a process that was killed leaves it behind. */
export async function removeStaleSocket(path: string): Promise<void> {
  const isDead = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  if (isDead) await unlink(path);
}
