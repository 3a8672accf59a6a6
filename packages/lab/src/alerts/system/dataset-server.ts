import { createServer, type Server } from 'node:http';

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
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, resolve);
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
