import { createServer, type Server } from 'node:http';
import { listen } from '@revtr/link';

/** A web server with one dataset, which it may withhold. */
export class DatasetServer {
  readonly #server: Server;
  isFailing = false;

  /** @param file contents of the dataset */
  constructor(file: string) {
    this.#server = createServer((request, response) => {
      request.resume();
      if (this.isFailing) response.writeHead(503).end();
      else response.end(file);
    });
  }

  async start(port: number, address: string): Promise<void> {
    await listen(this.#server, { host: address, port });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
