import { describe, expect, it } from 'vitest';
import { readMailedApplication } from '../src/mailed-application.ts';

describe('an application by e-mail', () => {
  it('is read from labelled lines, with the lines that continue them', () => {
    const mail = `Hello,

      Public IP address: 198.51.100.7
      Hosting: a rack at Example University,
        in the second data centre (gateway 203.0.113.1)
      Name: A. Host
      E-mail: <A.Host@example.net>.
      Reason:
      We study the paths back to our network.

      Best regards`;
    expect(readMailedApplication(mail.replaceAll('\n', '\r\n'))).toEqual({
      address: '198.51.100.7',
      hosting: 'a rack at Example University, in the second data centre (gateway 203.0.113.1)',
      name: 'A. Host',
      email: 'A.Host@example.net',
      reason: 'We study the paths back to our network.',
    });
  });

  it('takes name and address of the sender, and the only IPv4 address, where no label says them', () => {
    const mail = `> From: "Host, A." <a.host@example.net>
> Date: Thu, 26 Nov 2026 07:00:00 +0000
>
> please add 198.51.100.7 (yes, 198.51.100.7).
> Location: a rack
> Purpose: research`;
    expect(readMailedApplication(mail)).toEqual({
      address: '198.51.100.7',
      hosting: 'a rack',
      name: 'Host, A.',
      email: 'a.host@example.net',
      reason: 'research',
    });
    expect(readMailedApplication('From: a.host@example.net')).toEqual({ email: 'a.host@example.net' });
  });

  it('guesses nothing: of several addresses none is the source', () => {
    expect(readMailedApplication('198.51.100.7 or 198.51.100.8, version 1.2.3.4.5, 999.1.1.1')).toEqual({});
  });

  it('is found in a mail that takes patterns quadratic time', () => {
    const spaces = ' '.repeat(50_000);
    const mail = `from:${spaces}x\n-${spaces}x\nE-mail: ${'a'.repeat(50_000)}\nReason: research`;
    expect(readMailedApplication(mail)).toEqual({ reason: 'research' });
  });
});
