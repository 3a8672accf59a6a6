import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../bin/revtr.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'revtr-completion-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A program `revtr` that prints the real scripts, and values without a server. */
beforeAll(() => {
  const program = join(directory, 'revtr');
  const values = `case $3 in
    sources) printf '198.51.100.1\\tfirst: one\\n203.0.113.2\\tsecond\\n' ;;
    batches) printf '47\\t2026-11-20 10:00, 1 of 2 done\\n46\\t2026-11-19 10:00, 2 of 2 done\\n' ;;
    *) exit 2 ;;
  esac`;
  writeFileSync(
    program,
    `#!/bin/sh\nif [ "$1 $2" = "completion values" ]; then ${values}; else exec ${process.execPath} ${PROGRAM} "$@"; fi\n`,
  );
  chmodSync(program, 0o755);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, stderr } = spawnSync(program, ['completion', shell], { encoding: 'utf8' });
    expect(stderr).toBe('');
    writeFileSync(join(directory, `revtr.${shell}`), stdout);
  }
});

const shell = (program: string, args: readonly string[]): string => {
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}`, HOME: directory, TERM: 'dumb' };
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env, cwd: directory });
  expect(stderr).toBe('');
  return stdout;
};

/** What is typed, and what completes it. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['revtr measu', ['measure']],
  ['revtr watch re', ['resume', 'remove']],
  ['revtr watch add 192.0.2.1 --ev', ['--every']],
  ['revtr agents --wi', ['--wide']],
  ['revtr admin opt-out contac', ['contacts']],
  ['revtr export 3 --format ripe', ['ripe-atlas']],
  ['revtr measure 192.0.2.1 --to 2', ['203.0.113.2']],
  ['revtr cancel 46', ['46']],
  ['revtr batch revtr.ba', ['revtr.bash']],
  ['revtr measure 192.0.2.1 --label re', []],
];

describe('completion', () => {
  it.each(CASES)('in bash of "%s" is %j', (line, expected) => {
    const words = line.split(' ');
    const script = `source revtr.bash; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; compopt() { :; }; _revtr; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const found = shell('bash', ['--norc', '-c', script]);
    expect(found.split('\n').filter(Boolean).toSorted()).toEqual(expected.toSorted());
  });

  it.each(CASES)('in fish of "%s" is %j', (line, expected) => {
    const found = shell('fish', ['--no-config', '-c', `source revtr.fish; complete -C '${line}'`]);
    const words = found.split('\n').map((row) => row.split('\t')[0]);
    expect(words.filter(Boolean).toSorted()).toEqual(expected.toSorted());
  });

  it('in zsh is the same, where it is unambiguous', () => {
    const unambiguous = CASES.filter(([, expected]) => expected.length === 1);
    // A zsh in a pseudo-terminal: Tab completes, and a widget writes the line to a file.
    const script = `
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z 'autoload -Uz compinit; compinit -u -D; source revtr.zsh; show() { print -r -- "$BUFFER" >> lines; BUFFER=; }; zle -N show; bindkey "^X" show; bindkey "^I" complete-word; : > ready'
      while [[ ! -e ready ]]; do sleep 0.05; done
      integer count=0
      for line in "$@"; do
        zpty -w -n z "$line"$'\\t\\x18'
        ((count++))
        while [[ ! -e lines || $(wc -l < lines) -lt $count ]]; do sleep 0.05; done
      done
      zpty -d z
      cat lines`;
    const found = shell('zsh', ['-f', '-c', script, 'zsh', ...unambiguous.map(([line]) => line)]);
    expect(
      found
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    ).toEqual(unambiguous.map(([line, [word]]) => [...line.split(' ').slice(0, -1), word].join(' ')));
    expect(existsSync(join(directory, 'ready'))).toBe(true);
  });
});
