import { tryParseIpv4 } from '@revtr/net';

/** What an application to host a source says, in the order in which the guide for hosts asks for it. */
export const APPLICATION_FIELDS = ['address', 'hosting', 'name', 'email', 'reason'] as const;
type ApplicationField = (typeof APPLICATION_FIELDS)[number];
/** The fields of an application that a text contains. */
export type MailedApplication = Readonly<Partial<Record<ApplicationField, string>>>;

/** Labels in front of a colon, in lower case. */
const LABELS: Readonly<Record<ApplicationField, RegExp>> = {
  address: /^(?:public |source )?(?:ipv?4?|ip address|ipv4 address|address)(?: of the source)?$/,
  hosting: /^(?:hosting|hosted(?: at| by| in)?|hosting network|location|where(?: it is hosted)?|description)$/,
  name: /^(?:your |my |full |contact )?name$/,
  email: /^(?:your |my |contact )?e-?mail(?: address)?$/,
  reason: /^(?:reason|purpose|statement|why|motivation)$/,
};
/** The header line of the sender in a pasted mail (RFC 5322, section 3.4). */
const SENDER = /^from:\s*"?([^"<]*?)"?\s*<([^\s<>@]+@[^\s<>@]+)>\s*$/i;
const BARE_SENDER = /^from:\s*([^\s<>@]+@[^\s<>@]+)\s*$/i;
const LABELLED = /^[-*•]?\s*([\p{L}0-9 -]{1,40}?)\s*[:=]\s*(.*)$/u;

/**
 * Reads the application in the text of a mail: lines such as `Public IP address: 192.0.2.1`, each with the lines below it up to a blank
 * line or the next label. A `From:` line gives name and e-mail address where no label does, and the only IPv4 address of the text is the
 * address of the source where no label says it.
 */
export function readMailedApplication(mail: string): MailedApplication {
  const lines = mail.split(/\r?\n/).map(plainLine);
  const labelled = labelledFields(lines);
  const sender = senderOf(lines);
  const all: MailedApplication = {
    ...labelled,
    name: labelled.name || (sender?.name ?? ''),
    email: bareAddress(labelled.email ?? '') ?? sender?.email ?? '',
    address: addressOf(labelled.address ?? '') ?? addressOf(mail) ?? '',
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** A line without marks of quotation. Runs of spaces become one, because the patterns of labels take quadratic time on long runs. */
const plainLine = (line: string): string =>
  line
    .replace(/^(?:>\s?)+/, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** What the lines say after labels. The first line with a label counts. */
function labelledFields(lines: readonly string[]): MailedApplication {
  const found: Partial<Record<ApplicationField, string>> = {};
  let open: ApplicationField | undefined;
  for (const line of lines) {
    const labelled = labelOf(line);
    if (labelled !== undefined) {
      open = found[labelled.field] === undefined ? labelled.field : undefined;
      if (open !== undefined) found[open] = labelled.value;
    } else if (open !== undefined && line !== '') found[open] = `${found[open]} ${line}`.trim();
    // The text may begin below the label.
    else if (open !== undefined && found[open] !== '') open = undefined;
  }
  return found;
}

function labelOf(line: string): { readonly field: ApplicationField; readonly value: string } | undefined {
  const [, label, value] = LABELLED.exec(line) ?? [];
  if (label === undefined) return undefined;
  const field = APPLICATION_FIELDS.find((candidate) => LABELS[candidate].test(label.toLowerCase()));
  return field === undefined ? undefined : { field, value };
}

function senderOf(lines: readonly string[]): { readonly name: string; readonly email: string } | undefined {
  for (const line of lines) {
    const [, name, email] = SENDER.exec(line) ?? [];
    if (email !== undefined) return { name, email };
    const [, bare] = BARE_SENDER.exec(line) ?? [];
    if (bare !== undefined) return { name: '', email: bare };
  }
  return undefined;
}

/** Characters in which an e-mail address is looked for: the pattern takes quadratic time. */
const MOST_CHARACTERS = 1_000;

/** The e-mail address in a value such as `<a@example.org>` or `mailto:a@example.org`. */
const bareAddress = (text: string): string | undefined =>
  /[^\s<>@:]+@[^\s<>@]+[^\s<>@.,;]/.exec(text.slice(0, MOST_CHARACTERS))?.[0];

/** The only IPv4 address of a text; `undefined` when it has none or several. */
function addressOf(text: string): string | undefined {
  const all = new Set(text.match(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)/g) ?? []);
  const [first, ...others] = [...all].filter((candidate) => tryParseIpv4(candidate) !== undefined);
  return others.length === 0 ? first : undefined;
}
