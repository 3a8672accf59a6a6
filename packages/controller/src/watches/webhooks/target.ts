import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { WebhookError } from './errors.ts';
import { isPublicAddress } from './public-address.ts';

const LONGEST_URL = 2_000;

/** Resolves a host name to its addresses. Rejects or resolves to none when there are none. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Each query waits this long, milliseconds, and is sent twice at most. */
const QUERY = { timeout: 2_000, tries: 2 };

/** All addresses of a host name in DNS. The files of this machine are not asked. */
export const resolveByDns: ResolveHost = async (host) => {
  const resolver = new Resolver(QUERY);
  const none = (): string[] => [];
  const [ipv4, ipv6] = await Promise.all([resolver.resolve4(host).catch(none), resolver.resolve6(host).catch(none)]);
  return [...ipv4, ...ipv6];
};

/** What a webhook may lead to. */
export interface TargetRules {
  /** Whether internal addresses and plain HTTP are allowed, for test networks. */
  readonly allowsInternal: boolean;
}

/** Where a request goes: the address that was checked, so that no second look-up can lead elsewhere. */
export interface WebhookTarget {
  readonly url: URL;
  /** Host name or address of the URL, without the brackets of IPv6. */
  readonly host: string;
  readonly address: string;
}

/** The URL of a webhook. @throws {WebhookError} `badUrl`, and `noPublicAddress` for an address that can be judged without a look-up */
export function parseWebhookUrl(text: string, { allowsInternal }: TargetRules): URL {
  const refuse = (reason: string): WebhookError => new WebhookError('badUrl', `the URL ${reason}`, { reason });
  if (text.length > LONGEST_URL) throw refuse(`has more than ${LONGEST_URL} characters`);
  if (!URL.canParse(text)) throw refuse('is not a URL');
  const url = new URL(text);
  const schemes = allowsInternal ? ['https:', 'http:'] : ['https:'];
  if (!schemes.includes(url.protocol)) throw refuse('must begin with https://');
  if (url.username !== '' || url.password !== '') throw refuse('must not contain a user name or a password');
  const host = hostOf(url);
  if (isIP(host) !== 0) refuseInternal(host, [host], allowsInternal);
  return url;
}

/**
 * Finds the address of a webhook. All addresses of the host must be on the public Internet.
 * @throws {WebhookError} `badUrl`, `noPublicAddress`
 */
export async function findTarget(text: string, resolve: ResolveHost, rules: TargetRules): Promise<WebhookTarget> {
  const url = parseWebhookUrl(text, rules);
  const host = hostOf(url);
  const addresses = isIP(host) === 0 ? await resolve(host).catch(() => []) : [host];
  const [address] = addresses;
  if (address === undefined) throw noPublicAddress(host);
  refuseInternal(host, addresses, rules.allowsInternal);
  return { url, host, address };
}

function refuseInternal(host: string, addresses: readonly string[], allowsInternal: boolean): void {
  if (allowsInternal || addresses.every(isPublicAddress)) return;
  throw noPublicAddress(host);
}

const noPublicAddress = (host: string): WebhookError =>
  new WebhookError('noPublicAddress', `${host} has no address on the public Internet`, { host });

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
