import { markup } from '../../foundation/markup.ts';
import { page, STYLE_SOURCE } from './html.ts';

/** What the page of a mailed link may load: its own script and style, and the API. */
export const LINK_PAGE_POLICY = `default-src 'none'; script-src 'self'; style-src ${STYLE_SOURCE}; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** The page of a mailed link. The link is used only when its reader presses the button. */
export const linkPage = page(
  'Use the link from your mail',
  markup`<p id="text" role="status">Press the button to use the link from your mail. It works once.</p>
<p><button id="use" type="button">Continue</button></p>
<pre id="key"></pre>
<p id="next"></p>
<noscript><p>Without JavaScript, use the command in the mail.</p></noscript>
<script src="confirm.js"></script>`,
);

/** The script of the page. */
export const linkScript = `'use strict';
const show = (id, text) => { document.getElementById(id).textContent = text; };
const DONE = {
  verifyApplication: 'Your application is confirmed. The operators will decide about it.',
  collectKey: 'This is your API key. It is shown this once, so please keep it:',
  register: 'Your account is created. This is your API key. It is shown this once, so please keep it:',
  logIn: 'You are logged in.',
};
const NEXT = {
  collectKey: ['log-in', 'Log in with the key'],
  register: ['log-in', 'Log in with the key'],
  logIn: ['account', 'Your account'],
};
const showNext = (next) => {
  if (next === undefined) return;
  const link = document.createElement('a');
  [link.href, link.textContent] = next;
  document.getElementById('next').append(link);
};
document.getElementById('use').addEventListener('click', async (event) => {
  event.target.disabled = true;
  try {
    const response = await fetch('api/v2/links', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: location.hash.slice(1) }),
    });
    const answer = await response.json();
    show('text', response.ok ? DONE[answer.purpose] : answer.error.message);
    show('key', answer.key ?? '');
    if (response.ok) showNext(NEXT[answer.purpose]);
  } catch {
    event.target.disabled = false;
    show('text', 'The server cannot be reached. Try again.');
  }
});
`;
