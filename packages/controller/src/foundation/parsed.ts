import { z } from 'zod';
import { ipv6Refusal, isIpv6 } from './ipv6.ts';

/** A text that `parse` reads; what it throws becomes the message of the issue. */
export const parsed = <T>(parse: (text: string) => T) =>
  z.string().transform((text, context) => outcomeOf(parse, text, context));

/** A text with IPv4 addresses that `parse` reads. IPv6 has the detail `ipv6NotSupported`. */
export const parsedIpv4 = <T>(parse: (text: string) => T) =>
  z.string().transform((text, context) => {
    if (!isIpv6(text)) return outcomeOf(parse, text, context);
    const { code, message } = ipv6Refusal(text);
    context.addIssue({ code: 'custom', message, params: { code } });
    return z.NEVER;
  });

function outcomeOf<T>(parse: (text: string) => T, text: string, context: z.RefinementCtx): T {
  try {
    return parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
}
