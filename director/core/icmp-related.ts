import * as checksums from '../wire/checksum.js';
import { Family, Parse, isFragment, parseInner, type Flow } from '../wire/flow.js';
import * as icmp from '../wire/icmp.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { Packet } from '../wire/packet.js';

/**
 * ICMP errors about packets of a connection. Such an error quotes a packet that somebody on the way got, that is,
 * after it was rewritten here; who receives the error must find in it what it once sent:
 *
 *     client 10.1.0.2 -> VIP 10.1.0.100:80   rewritten to   10.1.0.2 -> 10.2.0.12:8080
 *     error from the server's side           quotes         10.1.0.2 -> 10.2.0.12:8080
 *     error towards the client: source VIP,  quotes         10.1.0.2 -> 10.1.0.100:80
 *
 * The quoted packet flows against the error, so that an error which belongs to a reply quotes a request. As in the
 * kernel, the quoted transport's own checksum stays that of the rewritten packet (there may be no room for it).
 */

/** The largest next-hop MTU field. */
const LargestMtu = 0xffff;

/**
 * Reads the packet that the ICMP error of `flow` quotes into `inner`. `Parse.ok` means a packet with ports to look a
 * connection up by; `Parse.otherProtocol` an ICMP message that quotes nothing we forward, or is no such error: IPVS
 * passes on unreachable, source quench and time exceeded, and every error of ICMPv6. An error with a wrong checksum is
 * malformed.
 */
export function readRelated(packet: Packet, flow: Flow, inner: Flow): Parse {
  const { view } = packet;
  const { transport, end, network } = flow;
  if (isFragment(flow)) return Parse.otherProtocol;
  const isIpv4 = flow.family === Family.ipv4;
  if (!(isIpv4 ? isRelated(icmp.type(view, transport)) : icmpv6.isError(view.getUint8(transport)))) {
    return Parse.otherProtocol;
  }
  const isIntact = isIpv4
    ? icmp.isChecksumValid(view, transport, end)
    : icmpv6.isChecksumValid(view, network, transport, end);
  if (!isIntact) return Parse.malformed;
  const parsed = parseInner(view, transport + icmp.HeaderLength, end, inner);
  if (parsed === Parse.malformed || inner.family !== flow.family) return Parse.malformed;
  return parsed;
}
