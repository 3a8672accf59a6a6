import { appendFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

/**
 * A program that takes scamper's place and misbehaves: `hostile-scamper.ts MODE -U SOCKET -p RATE`. It appends every line that it receives to
 * `SOCKET.log`.
 */
const [mode, , socketPath = ''] = process.argv.slice(2);

const MODES: Readonly<Record<string, (socket: Socket, line: string) => void>> = {
  /** Ends as soon as it has a command. */
  dies: () => process.exit(1),
  /** Answers with a message that the protocol does not have. */
  garbage: (socket) => socket.write('HELLO\n'),
  /** Announces more data than any result has. */
  flood: (socket) => socket.write('DATA 999999999\n'),
  /** Accepts commands and returns results that nobody asked for. */
  stranger: (socket) =>
    socket.write(`OK id-1\nDATA 44\n>$@4\`\`@\`\`\`!8\`\`\`\`!\`\`\`\`!\`\`\`\`%K!T:5\`@\`#=FT\`\n\`\n`),
  /** Answers no command. */
  silent: () => undefined,
  /** Answers no command and ignores SIGTERM. */
  stubborn: () => undefined,
};

process.on('SIGTERM', () => {
  if (mode !== 'stubborn') process.exit(0);
});
createServer((socket) => {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString();
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      appendFileSync(`${socketPath}.log`, `${line}\n`);
      if (line === 'attach') socket.write('OK\nMORE\n');
      else MODES[mode]?.(socket, line);
    }
  });
}).listen(socketPath);
