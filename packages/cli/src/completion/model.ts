import type { Argument, Command, Option } from 'commander';

/** What completes a value: given words, names of files, addresses of sources, or numbers of recent batches. */
export type Values =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' | 'sources' | 'batches' };

/** An option as shells complete it. */
export interface CompletedOption {
  /** Names with their hyphens, the short one first. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** `undefined`: nothing completes the value. */
  readonly values: Values | undefined;
}

/** A command as shells complete it. */
export interface CompletedCommand {
  /** Names from the program down, without the name of the program. */
  readonly path: readonly string[];
  readonly description: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** With the options of the subcommand that is run when none is named. */
  readonly options: readonly CompletedOption[];
  /** What completes the arguments. */
  readonly values: Values | undefined;
}

/** The names of each command but the program, with spaces between them. */
export const pathsOf = (commands: readonly CompletedCommand[]): readonly string[] =>
  commands.map(({ path }) => path.join(' ')).filter((path) => path !== '');

/** Kinds of values by what the help calls the value of an option or an argument. */
const KINDS: Readonly<Record<string, Exclude<Values['kind'], 'words'>>> = {
  file: 'files',
  output: 'files',
  folder: 'files',
  source: 'sources',
  batch: 'batches',
};
const HELP: CompletedOption = {
  names: ['-h', '--help'],
  description: 'display help',
  takesValue: false,
  values: undefined,
};

/** All commands of a program, from the program down. */
export function modelOf(program: Command): readonly CompletedCommand[] {
  return commandsOf(program, []);
}

function commandsOf(command: Command, path: readonly string[]): CompletedCommand[] {
  const children = command.commands;
  const fallback = children.find((child) => isDefaultOf(command, child));
  const own = {
    path,
    description: command.description(),
    subcommands: children.map((child) => ({ name: child.name(), description: child.description() })),
    options: [...[...command.options, ...(fallback?.options ?? [])].map(optionOf), HELP],
    values: command.registeredArguments.map(valuesOfArgument).find((values) => values !== undefined),
  };
  return [own, ...children.flatMap((child) => commandsOf(child, [...path, child.name()]))];
}

/** Commander tells the default command only by what it would run without a name. */
const isDefaultOf = (parent: Command, child: Command): boolean =>
  '_defaultCommandName' in parent && parent._defaultCommandName === child.name();

function optionOf({ short, long, flags, description, argChoices, required, optional }: Option): CompletedOption {
  const names = [short, long].filter((name) => name !== undefined);
  return {
    names,
    description,
    takesValue: required || optional,
    values: valuesOf(/[<[]([\w-]+)/.exec(flags)?.[1] ?? '', argChoices),
  };
}

const valuesOfArgument = (argument: Argument): Values | undefined => valuesOf(argument.name(), argument.argChoices);

function valuesOf(name: string, choices: readonly string[] | undefined): Values | undefined {
  if (choices !== undefined) return { kind: 'words', words: choices };
  const kind = KINDS[name];
  return kind && { kind };
}
