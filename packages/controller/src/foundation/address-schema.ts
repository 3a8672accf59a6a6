import { parseIpv4 } from '@revtr/net';
import { parsedIpv4 } from './parsed.ts';

/**
 * Most characters of an address in a request: those of an IPv6 address (INET6_ADDRSTRLEN without the final NUL), so that IPv6 is refused
 * as such and not for its length.
 */
export const LONGEST_ADDRESS = 45;

/** An IPv4 address in a request. An IPv6 address has the detail `ipv6NotSupported`. */
export const addressSchema = parsedIpv4(parseIpv4);
