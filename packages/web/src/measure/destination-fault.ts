/** What is wrong with a destination before the server is asked; `undefined` when it may be measured. */
export function destinationFault(text: string): string | undefined {
  const destination = text.trim();
  if (destination === '') return 'Enter the IPv4 address or the name of a host.';
  if (/^\[?[0-9a-f.]*:[0-9a-f:.]*(%\w+)?\]?$/i.test(destination))
    return `${destination} is an IPv6 address. IPv6 is not supported yet: enter an IPv4 address, or a name that has one.`;
  if (destination.includes('/'))
    return `${destination} is not the address of one host. Enter an address without a prefix length, and no URL.`;
  return undefined;
}
