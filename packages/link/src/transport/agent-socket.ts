import type { Ipv4Address } from '@revtr/net';
import type { WebSocket } from 'ws';
import { LinkError } from '../errors.ts';
import { readToController, type ToController } from '../messages/messages.ts';
import type { AgentConnection, AgentHub } from '../session/agent-hub.ts';
import type { AgentSession } from '../session/agent-session.ts';
import { keepAlive } from './heartbeat.ts';

/** Status of a connection that ended because of what the other side sent (RFC 6455 section 7.4.2 leaves 4000 to 4999 to applications). */
const BAD_MESSAGE = 4_400;
const REPLACED = 4_409;
/** Longest reason that fits into a close frame, bytes. */
const MOST_REASON = 120;

/** Serves one connection of an agent that has proved its address. Whatever it sends, only this connection can end of it. */
export function serveAgent(
  socket: WebSocket,
  address: Ipv4Address,
  {
    hub,
    onBadMessage,
  }: { readonly hub: AgentHub; readonly onBadMessage: (address: Ipv4Address, error: LinkError) => void },
): void {
  const connection: AgentConnection = {
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
    },
    close: (reason) => socket.close(REPLACED, reason.slice(0, MOST_REASON)),
  };
  let session: AgentSession | undefined;
  const take = (message: ToController): void => {
    if (message.type === 'hello') {
      session = hub.join(address, message, connection);
    } else {
      if (session === undefined) throw new LinkError('badMessage', 'the first message must be hello');
      session.receive(message.id, message.outcome);
    }
  };
  keepAlive(socket);
  socket.on('message', (data, isBinary) => {
    try {
      if (isBinary) throw new LinkError('badMessage', 'binary frames are not used');
      take(readToController(String(data)));
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      onBadMessage(address, error);
      socket.close(BAD_MESSAGE, error.message.slice(0, MOST_REASON));
    }
  });
  // Frames that break the protocol of WebSockets end the connection by themselves.
  socket.on('error', () => socket.terminate());
  socket.once('close', () => hub.left(address, connection));
}
