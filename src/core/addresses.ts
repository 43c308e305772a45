// Decides which network addresses requests from here may reach: public unicast ones, and what the operator lists. Pure.
// Must never resolve a name: whoever connects passes in what a name resolved to.
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface AddressPolicy {
  /** Whether the operator trusts this name whatever it resolves to. `host` as `URL.hostname` spells it. */
  trustsHost(host: string): boolean;
  /** Whether the operator lists this host, a name or a literal address: it is his own. */
  isListed(host: string): boolean;
  /** Whether this address, as a resolver or a socket spells it, may be connected to. */
  allowsAddress(address: string): boolean;
}

/** All of IPv6 that is routed publicly; what translates or tunnels to IPv4 lies outside or is named below. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');
/** Public by number, yet answered by the platform of a virtual machine. */
const PLATFORM = new Set(['168.63.129.16']);

/** @param allow host names, addresses and CIDR blocks. @throws Error for an entry that is none of them */
export function createAddressPolicy(allow: readonly string[]): AddressPolicy {
  const hosts = new Set<string>();
  const blocks: [Address, number][] = [];
  for (const entry of allow) {
    const bare = unbracketed(entry);
    if (ipaddr.isValidCIDR(bare)) blocks.push(ipaddr.parseCIDR(bare));
    else if (ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare)) {
      const address = ipaddr.process(bare);
      blocks.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else hosts.add(hostName(entry));
  }

  const trustsHost = (host: string) => hosts.has(host.replace(/\.$/, '').toLowerCase());
  const isInBlock = (address: Address) => blocks.some((block) => contains(block, address));

  return {
    trustsHost,
    isListed(host) {
      const literal = literalAddress(host);
      return literal === undefined ? trustsHost(host) : isInBlock(ipaddr.process(literal));
    },
    allowsAddress(text) {
      if (!ipaddr.isValid(text)) return false;
      const address = ipaddr.process(text);
      return isPublic(address) || isInBlock(address);
    },
  };
}

/** The address that a URL's host spells, or undefined when it is a name. */
export function literalAddress(host: string): string | undefined {
  const bare = unbracketed(host);
  return ipaddr.isValid(bare) ? bare : undefined;
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || PLATFORM.has(address.toString())) return false;
  return address.kind() === 'ipv4' || contains(GLOBAL_IPV6, address);
}

function contains([network, bits]: [Address, number], address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

const unbracketed = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

function hostName(entry: string): string {
  const url = URL.canParse(`http://${entry}`) ? new URL(`http://${entry}`) : undefined;
  if (url === undefined || entry.includes(':') || url.href !== `http://${url.hostname}/`)
    throw new Error(
      `"${entry}" is not a host name, address or CIDR block; write it like internal.example.com, 10.1.2.3 or 10.0.0.0/8.`,
    );
  return url.hostname.replace(/\.$/, '');
}
