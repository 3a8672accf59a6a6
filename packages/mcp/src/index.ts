export { createMcpServer, type McpOptions } from './server.ts';
export { serveStdio } from './stdio.ts';
