import { lookup } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'

/** Addresses that lead to this machine, its network, or nowhere (IANA's special-purpose registries). */
const inside = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(net, bits, 'ipv4')
// Tunnels, whose addresses have others inside them.
inside.addSubnet('2001::', 32, 'ipv6')
inside.addSubnet('2002::', 16, 'ipv6')
const publicV6 = new BlockList()
publicV6.addSubnet('2000::', 3, 'ipv6')

export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !inside.check(address, 'ipv4')
  return publicV6.check(address, 'ipv6') && !inside.check(address, 'ipv6')
}

/** `addresses`: the only ones that may be spoken to; undefined: any. */
export type Reach = { ok: true; addresses: string[] | undefined } | { ok: false; reason: string }

/**
 * Whether the host of a repository may be spoken to. Whoever may add repositories could otherwise have the server ask hosts
 * of its own network, which trust it. The addresses found here are the ones that Git has to use: the name may lead elsewhere
 * a moment later.
 */
export async function reachOf(url: string, privateAllowed: boolean): Promise<Reach> {
  if (privateAllowed) return { ok: true, addresses: undefined }
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  const found = await lookup(host, { all: true }).catch(() => undefined)
  if (found === undefined) return { ok: false, reason: `The host ${host} is not known.` }
  const addresses = found.map((one) => one.address)
  if (addresses.every(isPublicAddress)) return { ok: true, addresses }
  const reason = `The host ${host} is in a private network. The operator of this server allows that with FIRN_PRIVATE_FORGES=true.`
  return { ok: false, reason }
}
