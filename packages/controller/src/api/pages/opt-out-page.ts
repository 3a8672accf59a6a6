import type { OptOutRequest } from '@revtr/storage';
import { type Markup, markup } from '../../foundation/markup.ts';
import { parseNetwork } from '../../opt-outs/network.ts';
import { ptrLabelOf, txtRecordOf } from '../../opt-outs/reverse-dns-proof.ts';
import { reverseZones } from '../../opt-outs/reverse-zone.ts';
import { page } from './html.ts';

/** What a form holds when the page shows it again. */
export interface OptOutForm {
  readonly network: string;
  readonly email: string;
  readonly reason: string;
}

const EMPTY: OptOutForm = { network: '', email: '', reason: '' };

/** The form for a request, with a message when the last attempt failed. */
export function formPage(form: OptOutForm = EMPTY, problem?: string): string {
  return page(
    'Stop probes to your network',
    markup`<p>Our measurement hosts send ICMP probes, described on <a href="/about-probes">a page about them</a>. If you
operate a network, you can stop all probes to it. You need no account. We ask for a proof that the network is yours.</p>
${problem === undefined ? '' : markup`<p role="alert"><strong>${problem}</strong></p>`}
<form method="post" action="/opt-out">
<label>Network: an IPv4 prefix from /8 to /32, an IPv6 prefix, or an AS number
<input name="network" required maxlength="60" placeholder="192.0.2.0/24" value="${form.network}"></label>
<label>Your e-mail address, if you want to be told when it is done
<input name="email" type="email" maxlength="254" value="${form.email}"></label>
<label>Anything that we should know
<textarea name="reason" rows="3" maxlength="500">${form.reason}</textarea></label>
<button>Request</button>
</form>`,
  );
}

/** How the requester can prove a request, or what became of it. */
export function requestPage(request: OptOutRequest, hasLooked: boolean): string {
  if (request.state !== 'pending') return endedPage(request);
  const { network, token, expires_at, mailed_at } = request;
  return page(
    `Your request for ${network}`,
    markup`${
      hasLooked
        ? markup`<p role="alert"><strong>We did not find the record yet.</strong> Name servers may answer from
a cache until the old answer expires.</p>`
        : ''
    }
<p>Prove by one of these ways, until ${expires_at.toUTCString()}, that the network is yours.</p>
<ul>
${dnsWay(network, token)}
${mailed_at === null ? '' : markup`<li>Open the link in the mail that we sent to the registered abuse contact of the network.</li>`}
<li>Or wait: an operator looks at requests, and may ask you for another proof.</li>
</ul>`,
  );
}

/** Asks whether a request is confirmed. Opening a link changes nothing, because mail scanners open links as well. */
export function confirmPage({ state, ...request }: OptOutRequest, mailToken: string): string {
  if (state !== 'pending') return endedPage({ state, ...request });
  return page(
    `Stop probes to ${request.network}?`,
    markup`<p>You received a link as the registered abuse contact of ${request.network}.</p>
<form method="post" action="/opt-out/confirm">
<input type="hidden" name="token" value="${mailToken}">
<button>Stop all probes to ${request.network}</button>
</form>`,
  );
}

/** A page that says what went wrong. */
export const problemPage = (problem: string): string =>
  page(
    'This did not work',
    markup`<p role="alert">${problem}.</p>
<p><a href="/opt-out">Back to the form</a></p>`,
  );

function dnsWay(network: string, token: string): Markup {
  const zones = reverseZones(parseNetwork(network));
  if (zones.length === 0) return markup``;
  const ways = zones.map(
    (names) => markup`<pre>${names.map((name) => `${name}. TXT "${txtRecordOf(token)}"`).join('\n')}</pre>`,
  );
  return markup`<li>Add one of these sets of TXT records to your reverse zone. A PTR record whose host name begins with
<code>${ptrLabelOf(token)}.</code> counts as well. You may remove the record afterwards.
${ways}
<form method="post" action="/opt-out/check">
<input type="hidden" name="token" value="${token}">
<button>I have added it: look now</button>
</form>
We also look every few minutes while the request is pending.</li>`;
}

function endedPage({ network, state, note }: OptOutRequest): string {
  const sentence = {
    pending: '',
    accepted: 'The request was accepted. All hosts stop sending probes to this network within a minute.',
    refused: 'The request was refused.',
    expired: 'The request was not proved in time. You can make a new one.',
  }[state];
  return page(
    `Your request for ${network}`,
    markup`<p>${sentence}</p>
${note === '' ? '' : markup`<p>${note}</p>`}`,
  );
}
