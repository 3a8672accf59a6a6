import type { WebSocket } from 'ws';

/** How often a connection is checked, and how long it may be silent, milliseconds. */
const EVERY_MS = 15_000;
const SILENT_MS = 40_000;

/** Pings the peer, and ends the connection when nothing arrives from it. Stops by itself when the connection closes. */
export function keepAlive(socket: WebSocket): void {
  let heardAt = performance.now();
  const heard = (): void => {
    heardAt = performance.now();
  };
  socket.on('message', heard);
  socket.on('ping', heard);
  socket.on('pong', heard);
  const timer = setInterval(() => {
    if (performance.now() - heardAt > SILENT_MS) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping();
  }, EVERY_MS);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
