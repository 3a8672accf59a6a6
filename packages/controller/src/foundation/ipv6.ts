import { isIPv6 } from 'node:net';
import { cutText } from './cut-text.ts';

/** Whether a text is an IPv6 address, also in brackets, with a zone, or with the length of a prefix. */
export const isIpv6 = (text: string): boolean => isIPv6(text.trim().replace(/^\[|\](:\d+)?$|\/\d+$/g, ''));

/** Why an IPv6 address is refused where one of IPv4 is needed. */
export const ipv6Refusal = (text: string) =>
  ({
    code: 'ipv6NotSupported',
    message: `'${cutText(text, 100)}' is an IPv6 address: reverse traceroute needs options of IPv4, and does not support IPv6`,
  }) as const;
