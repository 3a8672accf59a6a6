import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { listen } from '@revtr/link';

/** A mail server that takes mails and forgets them, or refuses them. */
export class MailServer {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Whether recipients are refused. */
  isRefusing = false;

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async start(port: number, address: string): Promise<void> {
    await listen(this.#server, { host: address, port });
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#open.delete(socket));
    const answer = (line: string): void => void socket.write(`${line}\r\n`);
    let isMail = false;
    answer('220 mail.example ready');
    createInterface({ input: socket }).on('line', (line) => {
      if (isMail) {
        if (line !== '.') return;
        isMail = false;
        return answer('250 taken');
      }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'DATA') {
        isMail = true;
        return answer('354 go on');
      }
      if (verb === 'QUIT') return void socket.end('221 bye\r\n');
      answer(verb === 'RCPT' && this.isRefusing ? '550 refused' : '250 ok');
    });
  }
}
