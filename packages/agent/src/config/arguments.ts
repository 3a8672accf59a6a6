import { AgentError } from '../errors.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/** The command line of an agent. */
export interface AgentArguments {
  readonly rootCertificate: string | undefined;
  readonly config: string;
  readonly logLevel: LogLevel;
  readonly isHelpWanted: boolean;
}

export const USAGE = `revtr-agent ROOT_CERTIFICATE CONFIG [-loglevel LEVEL]

Runs on the host of a source or a vantage point of a Reverse Traceroute system:
sends probes with scamper, captures replies to spoofed probes, and reports to
the controller.

  ROOT_CERTIFICATE   the controller's root certificate (root.crt)
  CONFIG             plvp.config
  -loglevel LEVEL    ${LOG_LEVELS.join(', ')}; default info

An environment variable overrides each setting of CONFIG:
REVTR_AGENT_SCAMPER_RATE=200 sets scamper.rate.
`;

/** Reads the command line; flags have one dash or two, before or behind the files. @throws {AgentError} `badArguments` */
export function readArguments(args: readonly string[]): AgentArguments {
  const files: string[] = [];
  let logLevel: LogLevel = 'info';
  let isHelpWanted = false;
  for (let i = 0; i < args.length; i++) {
    const flag = /^--?([a-z]+)(?:=(.*))?$/.exec(args[i]);
    if (flag === null) files.push(args[i]);
    else if (flag[1] === 'help' || flag[1] === 'h') isHelpWanted = true;
    else if (flag[1] === 'loglevel') logLevel = toLevel(flag[2] ?? args[++i]);
    else throw new AgentError('badArguments', `there is no flag ${args[i]}`, {});
  }
  if (isHelpWanted) return { rootCertificate: undefined, config: '', logLevel, isHelpWanted };
  if (files.length === 0 || files.length > 2)
    throw new AgentError('badArguments', 'give the root certificate and the configuration file', {});
  const config = files[files.length - 1];
  return { rootCertificate: files.length === 2 ? files[0] : undefined, config, logLevel, isHelpWanted };
}

function toLevel(text: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new AgentError('badArguments', `-loglevel takes one of ${LOG_LEVELS.join(', ')}, not '${text ?? ''}'`, {});
  return level;
}
