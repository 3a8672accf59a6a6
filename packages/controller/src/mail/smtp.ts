import { createTransport } from 'nodemailer';
import type { SendMail } from './outbox.ts';

/** Sends mails through a server: `smtp://user:password@host:587`, or `smtps://` for TLS from the start. */
export function smtpSender(options: { readonly url: string; readonly from: string }): SendMail {
  const transport = createTransport(options.url, { from: options.from });
  return async (mail) => {
    await transport.sendMail(mail);
  };
}
