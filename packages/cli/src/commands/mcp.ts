import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { type ConnectionOptions, withConnection } from '../connection.ts';
import type { Context } from '../context.ts';

/** `revtr mcp`: tools for a host of the Model Context Protocol. */
export function addMcp(program: Command, context: Context): void {
  const command = program
    .command('mcp')
    .description('Serve tools over the Model Context Protocol, on standard input and output')
    .option('--allow-measure', 'offer the tool that measures; without it, tools only read');
  withConnection(command).action(async (options: ConnectionOptions & { readonly allowMeasure?: boolean }) => {
    const client = await context.connect(options);
    // Other commands do not need the protocol, and start faster without it.
    const { serveStdio } = await import('@revtr/mcp');
    await serveStdio({ version: manifest.version, mayMeasure: options.allowMeasure === true }, client);
  });
}
