import { Buffer } from 'node:buffer';

import type { RawSocketModule, Socket } from 'raw-socket';

import { addressBytes, isIpv6, type IpAddress } from '../base/address.js';
import { Protocol } from '../wire/ipv4.js';
import type { VrrpPortOptions } from './vrrp-port.js';

/** Socket options by their Linux numbers, which raw-socket passes through. */
const SolSocket = 1;
const SoBindToDevice = 25;
const SoBindToIfindex = 62;
/** The level of each family, and at it: whole packets are sent, and the three multicast options. */
const Ipv4Options = { level: 0, headerIncluded: 3, interface: 32, loop: 34, join: 35 };
const Ipv6Options = { level: 41, headerIncluded: 36, interface: 17, loop: 19, join: 20 };

/** More than any advertisement: 255 IPv6 addresses and what may follow them. */
export const LargestMessage = 8_192;

/**
 * A raw socket for VRRP, bound to the device and joined to the group. What is sent by it begins with an IP header: so
 * the source is the one that the message's checksum covers, and not one of the kernel's choice.
 */
export function openRaw(raw: RawSocketModule, options: VrrpPortOptions): Socket {
  const isVersion6 = isIpv6(options.source);
  const { IPv4, IPv6 } = raw.AddressFamily;
  const socket = raw.createSocket({
    protocol: Protocol.vrrp,
    addressFamily: isVersion6 ? IPv6 : IPv4,
    bufferSize: LargestMessage,
  });
  const names = isVersion6 ? Ipv6Options : Ipv4Options;
  const device = Buffer.from(`${options.device}\0`);
  socket.setOption(SolSocket, SoBindToDevice, device, device.length);
  const index = deviceIndex(socket);
  socket.setOption(names.level, names.headerIncluded, 1);
  socket.setOption(names.level, names.loop, 0);
  const outgoing = isVersion6 ? index : membership(options.source, index);
  socket.setOption(names.level, names.interface, outgoing, outgoing.length);
  if (options.group !== undefined) {
    const member = membership(options.group, index);
    socket.setOption(names.level, names.join, member, member.length);
  }
  return socket;
}

/** The kernel's number of the device that the socket is bound to, as the kernel writes an int. */
function deviceIndex(socket: Socket): Buffer {
  const index = Buffer.alloc(4);
  socket.wrap.getOption(SolSocket, SoBindToIfindex, index, index.length);
  return index;
}

/** `ip_mreqn` or `ipv6_mreq`: the group, for IPv4 an address which the number makes superfluous, the number. */
const membership = (group: IpAddress, index: Buffer): Buffer =>
  Buffer.concat([addressBytes(group), ...(isIpv6(group) ? [] : [Buffer.alloc(4)]), index]);
