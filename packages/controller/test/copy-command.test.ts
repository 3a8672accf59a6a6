import { describe, expect, it } from 'vitest';
import { readCopyRequest } from '../src/database-copy/copy-command.ts';

describe('readCopyRequest', () => {
  it('takes two databases', () => {
    expect(readCopyRequest(['.revtr/data', 'postgres://revtr@localhost/revtr'])).toEqual({
      from: { kind: 'embedded', directory: '.revtr/data' },
      to: { kind: 'postgres', url: 'postgres://revtr@localhost/revtr' },
    });
  });

  it.each([
    { args: [] },
    { args: ['data'] },
    { args: ['data', 'data'] },
    { args: ['data', 'memory:'] },
    { args: ['memory:', 'data'] },
    { args: ['data', ''] },
    { args: ['data', 'other', 'third'] },
    { args: ['data', 'other', '--force'] },
  ])('refuses $args', ({ args }) => {
    expect(readCopyRequest(args)).toBeUndefined();
  });
});
