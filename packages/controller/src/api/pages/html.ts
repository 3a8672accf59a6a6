import { type Markup, markup } from '../../foundation/markup.ts';
import { styleSourceOf } from './style-source.ts';

/** The colours and sizes are those of the web interface. */
const STYLE = markup`:root{color-scheme:light dark;--paper:light-dark(#fcfcfb,#131416);--raised:light-dark(#f3f3f1,#1d1f22);
--ink:light-dark(#191a1b,#e9e9e7);--muted:light-dark(#5a5c5e,#a6a8aa);--hairline:light-dark(#dcdcd8,#34373b);
--edge:light-dark(#8a8c8e,#6d7074);--link:light-dark(#0a57a4,#7cc0f5);background:var(--paper);color:var(--ink);
font:.9375rem/1.5 ui-sans-serif,system-ui,"Segoe UI","DejaVu Sans",sans-serif}
*{box-sizing:border-box}body{margin:0}a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
header,main,footer{padding:.6rem clamp(1rem,3vw,2rem)}header{border-bottom:1px solid var(--hairline);font-weight:650}
header a{color:inherit;text-decoration:none}main{max-width:48rem;padding-block:1.25rem 3rem}
footer{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;border-top:1px solid var(--hairline);font-size:.875rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.05rem;margin:1.25rem 0 .5rem}
h1,li,p{overflow-wrap:anywhere}label{display:block;margin-top:1rem}
input,textarea{display:block;font:inherit;color:inherit;width:100%;margin-top:.2rem;padding:.4rem .55rem;
border:1px solid var(--edge);border-radius:4px;background:light-dark(#fff,#1d1f22)}::placeholder{color:var(--muted);opacity:1}
button{font:inherit;font-weight:600;margin-top:1rem;padding:.4rem .9rem;border:0;border-radius:4px;cursor:pointer;
background:light-dark(#0a57a4,#7cc0f5);color:light-dark(#fff,#10202e)}button:disabled{opacity:.6;cursor:default}
pre{overflow:auto;padding:.75rem;border:1px solid var(--hairline);background:var(--raised)}pre:empty{display:none}
code,pre{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.95em}
[role=alert]{padding:.5rem .75rem;border-left:4px solid #d55e00;background:light-dark(#fbe7e1,#40190f);
color:light-dark(#8d2b0b,#ffb59f)}`;

/** The source of the style sheet in a content security policy. */
export const STYLE_SOURCE = styleSourceOf(STYLE.text);

/** The headers of every page: nothing is loaded, run, framed, cached, or told to other sites. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src ${STYLE_SOURCE}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** A whole document. */
export const page = (title: string, body: Markup): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header><a href="/">Reverse Traceroute</a></header>
<main>
<h1>${title}</h1>
${body}
</main>
<footer>
<a href="/about-probes">About our probes</a>
<a href="/opt-out">Stop probes to your network</a>
</footer>
</body>
</html>
`.text;
