import type { IpAddress } from '../../director/base/address.js';
import type { AdvertisementLink } from './message.js';

/** A configured peer, to which advertisements go instead of to the group: an entry of `unicast_peer`. */
export interface UnicastPeer {
  readonly address: IpAddress;
  /** 0 to 255: `min_ttl` and `max_ttl`, both included. A peer on our own link has 255 and 255. */
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** From whom, and from how far away, advertisements are taken. */
export interface SenderRules {
  /** Empty or absent: multicast, and what has crossed a router is refused. */
  readonly unicastPeers?: readonly UnicastPeer[] | undefined;
  /** `check_unicast_src`: nobody but the peers. Without it strangers are taken from any distance, as keepalived does. */
  readonly checkUnicastSource?: boolean | undefined;
}

/** A stranger among unicast peers, or a TTL (hop limit) that says that the packet comes from too far away. */
export type SenderReason = 'ttl' | 'unicast-source';

/** What a packet that has crossed no router arrives with (RFC 9568 §5.1.1.3). */
export const multicastTtl = 255;

/** What is wrong with the sender of a packet; undefined when nothing is. */
export function judgeSender(
  { source, ttl }: AdvertisementLink & { readonly ttl: number },
  { unicastPeers = [], checkUnicastSource = false }: SenderRules,
): SenderReason | undefined {
  if (unicastPeers.length === 0) return ttl === multicastTtl ? undefined : 'ttl';
  const peer = unicastPeers.find(({ address }) => address === source);
  if (peer === undefined) return checkUnicastSource ? 'unicast-source' : undefined;
  return ttl >= peer.minTtl && ttl <= peer.maxTtl ? undefined : 'ttl';
}
