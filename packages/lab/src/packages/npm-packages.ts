import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, writeLibraryPackage, writeProgramPackage } from './npm/pack.ts';

/** Paths of the tarballs of the npm packages. */
export interface NpmPackages {
  readonly cli: string;
  readonly client: string;
  readonly agent: string;
}

/** Builds the npm packages of the command line, the client library and the agent in `destination`. @throws {BuildError} */
export async function buildNpmPackages(destination: string): Promise<NpmPackages> {
  mkdirSync(destination, { recursive: true });
  const directory = mkdtempSync(join(tmpdir(), 'revtr-packages-'));
  try {
    const stage = (name: string): string => join(directory, name);
    await writeProgramPackage('cli', 'revtr', stage('cli'));
    await writeLibraryPackage('client', stage('client'));
    await writeProgramPackage('agent', 'revtr-agent', stage('agent'));
    return {
      cli: await pack(stage('cli'), destination),
      client: await pack(stage('client'), destination),
      agent: await pack(stage('agent'), destination),
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
