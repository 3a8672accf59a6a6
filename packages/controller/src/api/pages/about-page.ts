import { markup } from '../../foundation/markup.ts';
import type { ProbeIdentity } from '../../opt-outs/probe-identity.ts';
import { page } from './html.ts';

/** The page for people who found a packet in their logs. */
export function aboutPage({ contact, operator }: ProbeIdentity): string {
  return page(
    'About our probes',
    markup`<p>You probably came here because you found our packets in your logs. They come from a Reverse Traceroute system,
which measures the path that packets take from a destination back to a host of ours. Researchers and network operators use it
to find the cause of slow or broken routes. The probes do not try to log in, to find weaknesses, or to read data.</p>
<h2>Who operates them</h2>
<p>${operator === undefined ? 'The operators of this site.' : `${operator}.`}
${contact === undefined ? '' : markup`Contact: <a href="${contact}" rel="noreferrer">${contact.replace(/^mailto:/, '')}</a>`}</p>
<h2>What the packets look like</h2>
<ul>
<li>ICMP echo requests (ping), many with the IP option Record Route or Timestamp. Routers write their addresses or clocks into
these options.</li>
<li>ICMP echo requests with small TTL values (traceroute).</li>
<li>Some echo requests carry the address of one of our own hosts as their source, although another of our hosts sends them. The
reply then goes to our own host. We never claim an address of anybody else.</li>
<li>No TCP, no UDP, no ports. A reply is as large as its request, and each request causes one reply.</li>
${contact === undefined ? '' : markup`<li>The payload of a probe contains <code>${contact}</code> (RFC 9511).</li>`}
</ul>
<p>Limits hold for each address and each network, over all users together. Private and reserved addresses are not probed.</p>
<h2>How to stop them</h2>
<p>Use <a href="/opt-out">the opt-out page</a>: no account is needed, and the probes stop within a minute after the proof that the
network is yours.${contact === undefined ? '' : ' Or write to the contact above, with the addresses and times from your logs.'}</p>
${contact === undefined ? '' : markup`<p>Programs find this description at <a href="/.well-known/probing.txt">/.well-known/probing.txt</a> (RFC 9511).</p>`}`,
  );
}
