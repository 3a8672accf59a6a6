import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

/** Directory with what operators deploy. */
export const DEPLOY = fileURLToPath(new URL('../../../../deploy/', import.meta.url));
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

export type Environment = Readonly<Record<string, string>>;

export const readDeployed = (name: string): string => readFileSync(`${DEPLOY}${name}`, 'utf8');

/** Reads `NAME=VALUE` lines, as Docker Compose, kustomize and systemd do. */
export function parseEnvironment(text: string): Environment {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.indexOf('=');
        return [line.slice(0, end), line.slice(end + 1)];
      }),
  );
}

/** Reads a compose file with the variables of a file `.env` filled in. @throws {RangeError} when a variable has no value */
export function parseCompose(text: string, environment: Environment): unknown {
  const filled = text
    .replaceAll(/^\s*#.*$/gm, '')
    .replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_whole, name: string, kind?: string, fallback?: string) => {
      const value = environment[name] ?? (kind === '-' ? fallback : undefined);
      if (value === undefined || value === '') throw new RangeError(`${name} has no value`);
      return value;
    });
  return parse(filled, { merge: true });
}

/** The objects in the Kubernetes manifests, with the file of each. */
export function manifests(): { readonly file: string; readonly content: unknown }[] {
  return readdirSync(`${DEPLOY}kubernetes`)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((file) =>
      parseAllDocuments(readDeployed(`kubernetes/${file}`)).map((document) => ({ file, content: document.toJS() })),
    );
}
