import type { CopiedLibrary } from './libraries.ts';

/** Who maintains the packages that this repository builds. */
const MAINTAINER = 'Reverse Traceroute <revtr@localhost.localdomain>';

/** What a package says about itself. */
export interface Description {
  readonly name: string;
  readonly version: string;
  /** Architecture of Debian, for example `amd64`. */
  readonly architecture: string;
  readonly depends: readonly string[];
  /** One line. */
  readonly summary: string;
  /** Paragraphs, each in lines of at most 79 characters. */
  readonly text: readonly (readonly string[])[];
  /** Size of the installed files, KiB. */
  readonly installedSize: number;
}

/** The control file of a package (`deb-control(5)`). */
export function controlFile({
  name,
  version,
  architecture,
  depends,
  summary,
  text,
  installedSize,
}: Description): string {
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${installedSize}`,
    `Depends: ${depends.join(', ')}`,
    'Section: net',
    'Priority: optional',
    `Description: ${summary}`,
    text.map((lines) => lines.map((line) => ` ${line}\n`).join('')).join(' .\n'),
  ].join('\n');
}

/** The changelog of a package (`deb-changelog(5)`). `time` is the time of the sources, seconds since 1970. */
export function changelogFile(name: string, version: string, time: number): string {
  const date = new Date(time * 1_000).toUTCString().replace('GMT', '+0000');
  return `${name} (${version}) unstable; urgency=medium\n\n  * Built from the repository.\n\n -- ${MAINTAINER}  ${date}\n`;
}

/** The copyright file of a package. `licence` is the text of the licence of this repository. */
export function copyrightFile(name: string, licence: string, libraries: readonly CopiedLibrary[]): string {
  const rows = libraries.map(({ name, version, license }) => `  ${name} ${version}: ${license}`);
  return [
    'Reverse Traceroute',
    '',
    licence.trim(),
    '',
    `Node.js, in /usr/lib/${name}/bin/node, has the MIT license. The license of Node.js and of the software`,
    `that it contains: https://github.com/nodejs/node/blob/${process.version}/LICENSE`,
    '',
    'On Debian systems, /usr/share/common-licenses contains the Apache License 2.0 (Apache-2.0) and the',
    'Mozilla Public License 2.0 (MPL-2.0).',
    '',
    `Libraries in /usr/lib/${name}/node_modules, each with the text of its license:`,
    '',
    ...rows,
    '',
  ].join('\n');
}
