import type { ReadStream } from 'node:tty';

/** Longest secret, characters: far more than a link or a key has. */
const LONGEST = 4_096;
const BACKSPACE = new Set(['\b', '\u007f']);
const [CTRL_C, CTRL_D] = ['\u0003', '\u0004'];
const ENDS = new Set(['\r', '\n', CTRL_C, CTRL_D]);

/** Reads the first line of standard input. On a screen it asks for the line, and does not show what is typed. */
export async function readSecret(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true) return firstLine(stdin);
  stderr.write(prompt);
  stdin.setRawMode(true);
  try {
    return await typedLine(stdin);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

async function firstLine(input: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.includes('\n') || text.length > LONGEST) break;
  }
  return text.split('\n')[0].slice(0, LONGEST).trim();
}

function typedLine(input: ReadStream): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      for (const character of chunk.toString()) {
        if (ENDS.has(character)) {
          input.off('data', read);
          resolve(character === CTRL_C ? '' : text.trim());
          return;
        }
        if (BACKSPACE.has(character)) text = text.slice(0, -1);
        else if (text.length < LONGEST) text += character;
      }
    };
    input.on('data', read);
    input.resume();
  });
}
