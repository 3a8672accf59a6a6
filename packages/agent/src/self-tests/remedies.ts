import { readdirSync } from 'node:fs';
import { LinuxError } from '@revtr/linux';
import { AgentError } from '../errors.ts';

/** Turns an error at the start into one that names the remedy. Errors that the operator cannot fix pass through. */
export function explainStart(error: unknown): unknown {
  if (error instanceof LinuxError && error.code === 'notPermitted') {
    return new AgentError(
      'selfTestFailed',
      'the capability NET_RAW is missing: run the container with --cap-add=NET_RAW, or the program as root or after setcap cap_net_raw+ep',
      {},
    );
  }
  if (error instanceof LinuxError && error.hasCode('noSuchInterface')) {
    const { interface: name } = error.details;
    return new AgentError(
      'selfTestFailed',
      `local.interface: there is no interface '${name}' here; there are ${interfaces().join(', ')}. In a container, run it with --net=host`,
      {},
    );
  }
  return error;
}

/** The error for a port that cannot be used. */
export function explainPort(setting: string, address: string, error: unknown): AgentError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason =
    code === 'EADDRINUSE'
      ? 'another program has it; stop that program, or choose another port'
      : code === 'EADDRNOTAVAIL'
        ? 'this host does not have the address'
        : error instanceof Error
          ? error.message
          : String(error);
  return new AgentError('selfTestFailed', `${setting}: cannot listen on ${address}: ${reason}`, {});
}

function interfaces(): string[] {
  try {
    return readdirSync('/sys/class/net');
  } catch {
    return [];
  }
}
