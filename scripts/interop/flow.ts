import type { IpAddress } from '../../director/base/address.js';

/** One connection, or one client's datagrams. */
export interface Flow {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly client: { readonly address: IpAddress; readonly port: number };
  readonly virtual: { readonly address: IpAddress; readonly port: number };
  readonly isNat: boolean;
  /** True when the server's packets pass the director although there is no NAT: they come from the virtual address. */
  readonly answersThrough?: boolean;
  /** What a datagram, or a segment with P, carries unless it has a size of its own. */
  readonly payload: string;
  /**
   * Packets in order, each in words: `>` of the client or `<` of the server; then `D` for a datagram, letters of SFRPAU
   * for a segment, `C` and a type for a chunk of SCTP, or `I` and a type's code for an ICMP error "destination unreachable" about the packet that came last
   * from the other end; then perhaps `/` and the length of the payload, `~` and the length of the fragments that it is cut
   * into, the last one first behind `~-`, and `@` and the TTL.
   */
  readonly packets: readonly string[];
}
