import { describe, expect, it } from 'vitest';
import { ProgressLine } from '../src/campaign/progress.ts';
import { StatusLine } from '../src/status-line.ts';

/** A screen for messages, and the lines that have appeared there: those that replace each other, too. */
function screen(messageColumns: number) {
  let written = '';
  const terminal = {
    environment: {},
    out: () => undefined,
    err: (text: string) => {
      written += text;
    },
    readFile: () => Promise.reject(new Error('no files')),
    isInteractive: true,
    isWatched: true,
    messageColumns,
  };
  const lines = (): string[] =>
    written
      .replaceAll('\u001b[K', '')
      .split(/[\r\n]+/)
      .filter(Boolean);
  return { terminal, lines };
}

describe('a line of progress', () => {
  it('is cut where the screen ends, so that the next one can replace it', () => {
    const { terminal, lines } = screen(40);
    const status = new StatusLine(terminal);
    status.show(`waiting for the server (${'cannot reach it '.repeat(5)})`);
    status.show('short');
    expect(lines()[0]).toHaveLength(39);
    expect(lines()[1]).toBe('short');
  });

  it('leaves the line in which the terminal shows ^C', () => {
    const { terminal, lines } = screen(80);
    const status = new StatusLine(terminal);
    terminal.err('^C');
    status.leaveInterrupted();
    status.line('batch 7 goes on');
    status.end();
    expect(lines()).toEqual(['^C', 'batch 7 goes on']);
  });

  it('of a campaign fits 80 columns, and says what the share of reached paths counts', () => {
    const { terminal, lines } = screen(80);
    let now = 0;
    const progress = new ProgressLine({ total: 1_000_000 }, { terminal, now: () => now });
    progress.show({ done: 900, written: 0, reached: 0 });
    now = 1_000;
    progress.show({ done: 2_000, written: 1_000, reached: 998 });
    now = 60_000;
    progress.show({ done: 1_000_000, written: 1_000_000, reached: 999_999 });
    expect(lines()).toEqual([
      '900 of 1,000,000 done',
      '2,000 of 1,000,000 done, 998 of 1,000 reached, 1,100/s, 15 min left',
      '1,000,000 of 1,000,000 done, 999,999 of 1,000,000 reached, 16,652/s',
    ]);
  });
});
