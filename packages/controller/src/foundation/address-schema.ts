import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { ipv6Refusal, isIpv6 } from './ipv6.ts';

/** An IPv4 address in a request. An IPv6 address has the detail `ipv6NotSupported`. */
export const addressSchema = z.string().transform((text, context): Ipv4Address => {
  if (isIpv6(text)) {
    const { code, message } = ipv6Refusal(text);
    context.addIssue({ code: 'custom', message, params: { code } });
    return z.NEVER;
  }
  try {
    return parseIpv4(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});
