import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { User } from '@revtr/storage';
import type { AgentDirectory } from '../../agents/directory.ts';
import { cutText } from '../../foundation/cut-text.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { ipv6Refusal, isIpv6 } from '../../foundation/ipv6.ts';
import { ownAgent } from './own-agent.ts';

/** Bytes of a text of the user that an error repeats. */
const MOST_QUOTED = 100;

/** A source that a user may ask about; operators may about all. @throws {ControllerError} `notFound`; `badRequest` for IPv6 */
export function ownSource(directory: AgentDirectory, user: User, text: string): Ipv4Address {
  if (isIpv6(text)) {
    const refusal = ipv6Refusal(text);
    throw new ControllerError('badRequest', refusal.message, { places: [{ at: 'source', ...refusal }] });
  }
  const address = tryParseIpv4(text);
  const agent = address === undefined ? undefined : ownAgent(directory, user, address);
  if (address === undefined || agent?.kind !== 'source')
    throw new ControllerError('notFound', `${cutText(text, MOST_QUOTED)} is no source of yours`);
  return address;
}

/** The same, of a source that can be measured to. @throws {ControllerError} `notFound`, `conflict` */
export function ownReadySource(directory: AgentDirectory, user: User, text: string): Ipv4Address {
  const address = ownSource(directory, user, text);
  const state = directory.find(address)?.state;
  if (state !== 'ready' && state !== 'preparing')
    throw new ControllerError('conflict', `${text} is not ready: it is ${state}`);
  return address;
}
