import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { ReverseTracerouteClient } from '@revtr/client';
import { createMcpServer, type McpOptions } from './server.ts';

/** Largest message that is read, in bytes. */
const MOST_MESSAGE_BYTES = 2 ** 20;

/** Serves one host over standard input and output until standard input ends. */
export async function serveStdio(options: McpOptions, client: ReverseTracerouteClient): Promise<void> {
  const { stdin, stdout } = process;
  const ended = new Promise<void>((resolve) => {
    stdin.once('end', resolve);
    stdin.once('close', resolve);
  });
  const server = await createMcpServer(options, client);
  await server.connect(new StdioServerTransport(stdin, stdout, { maxBufferSize: MOST_MESSAGE_BYTES }));
  await ended;
  // Cancels the calls under way.
  await server.close();
}
