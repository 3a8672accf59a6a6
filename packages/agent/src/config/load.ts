import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { AgentError } from '../errors.ts';
import { type AgentConfig, configSchema } from './schema.ts';

const ENVIRONMENT_PREFIX = 'REVTR_AGENT_';

/**
 * Reads the configuration: the YAML file, overridden by environment variables such as `REVTR_AGENT_SCAMPER_RATE`.
 * @throws {AgentError} `missingFile`; `badConfig` with a line for each bad value
 */
export function loadConfig(path: string, environment: Readonly<Record<string, string | undefined>>): AgentConfig {
  return parseConfig(readText(path, 'configuration'), path, environment);
}

/** As {@link loadConfig}, of a text. */
export function parseConfig(
  text: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): AgentConfig {
  const read = configSchema.safeParse(withOverrides(readYaml(text, path), environment));
  if (!read.success) {
    const lines = read.error.issues.flatMap(describe);
    throw new AgentError('badConfig', `${path}: ${lines.join('; ')}`, { problems: lines });
  }
  const { local, scamper } = read.data;
  const controller = local.host ?? scamper.host;
  if (controller === undefined)
    throw new AgentError('badConfig', `${path}: local.host: must name the controller`, {
      problems: ['local.host: must name the controller'],
    });
  return { ...read.data, controller };
}

/** Reads a text file. @throws {AgentError} `missingFile` */
export function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError('missingFile', `the ${what} file cannot be read: ${reason}`, { path });
  }
}

const treeSchema = z.record(z.string(), z.record(z.string(), z.unknown()).nullable());
type Tree = z.infer<typeof treeSchema>;

function readYaml(text: string, path: string): Tree {
  const read = treeSchema.safeParse(parseYaml(text, path) ?? {});
  if (read.success) return read.data;
  const problem = 'must consist of the sections environment, local, scamper and budget';
  throw new AgentError('badConfig', `${path}: ${problem}`, { problems: [problem] });
}

/** `place` is the file or variable that the error names. @throws {AgentError} `badConfig` */
function parseYaml(text: string, place: string): unknown {
  try {
    // The schema of the configuration reports what the library only warns about.
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    // The library throws its own class for bad syntax, and others for aliases that cannot be resolved or grow without limit.
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError('badConfig', `${place}: ${reason}`, { problems: [reason] });
  }
}

/** `REVTR_AGENT_LOCAL_INTERFACE=eth1` is `interface: eth1` in the section `local`. */
function withOverrides(tree: Tree, environment: Readonly<Record<string, string | undefined>>): Tree {
  const sections: Tree = Object.fromEntries(Object.entries(tree).map(([name, section]) => [name, section ?? {}]));
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || value === undefined) continue;
    const [section, ...rest] = name.slice(ENVIRONMENT_PREFIX.length).toLowerCase().split('_');
    sections[section] = { ...sections[section], [rest.join('_')]: parseYaml(value, name) };
  }
  return sections;
}

function describe(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${at === '' ? key : `${at}.${key}`}: there is no such setting`);
  return [`${at}: ${issue.message.replace(/^Invalid input: /, '')}`];
}
