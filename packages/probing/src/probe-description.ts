/** Longest contact: it must fit into the payload of every probe. */
export const MOST_CONTACT_CHARACTERS = 64;

/** What a host tells about the probes that it sends (RFC 9511). */
export interface ProbeDescription {
  /** URI of the people to contact: `mailto:…` or `https://…`. */
  readonly contact: string;
  /** URL where this description is found. */
  readonly canonical: string;
  /** Until when the description holds. */
  readonly expires: Date;
}

/**
 * Reads the contact of an operator, an e-mail address or a URL, and returns it as a URI of printable ASCII characters.
 * @throws {RangeError} when it is neither, or longer than 64 characters
 */
export function parseContact(text: string): string {
  const uri = /^[^\s@:/]+@[^\s@:/]+$/.test(text) ? `mailto:${text}` : text;
  if (!/^(https?:\/\/|mailto:)[\x21-\x7e]+$/.test(uri) || !URL.canParse(uri))
    throw new RangeError(`'${text.slice(0, MOST_CONTACT_CHARACTERS)}' is neither an e-mail address nor a URL`);
  if (uri.length > MOST_CONTACT_CHARACTERS)
    throw new RangeError(`the contact '${uri}' is longer than ${MOST_CONTACT_CHARACTERS} characters`);
  return uri;
}

/** The text of `/.well-known/probing.txt` (RFC 9511 section 3, in the format of RFC 9116). */
export function formatProbingTxt({ contact, canonical, expires }: ProbeDescription): string {
  return `Canonical: ${canonical}
Contact: ${contact}
Expires: ${expires.toISOString()}
Preferred-Languages: en
Description: ICMP echo requests and traceroutes of a Reverse Traceroute system, some with the IP Record Route or Timestamp option.
`;
}

/**
 * The contact as it stands in a payload (RFC 9511 section 4): terminated by a zero byte, and preceded by one unless it is the first
 * thing in the payload.
 */
export function contactPayload(contact: string, isFirst: boolean): Uint8Array {
  return Buffer.from(`${isFirst ? '' : '\0'}${contact}\0`, 'latin1');
}
