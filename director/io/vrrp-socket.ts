import { isIpv6 } from '../base/address.js';
import { IoError } from '../base/errors.js';
import type { VrrpMessage } from '../wire/vrrp-packet.js';
import { loadCap, loadRawSocket } from './native.js';
import type { VrrpPort, VrrpPortOptions } from './vrrp-port.js';
import { VrrpSocketIpv4 } from './vrrp-socket-ipv4.js';
import { VrrpSocketIpv6 } from './vrrp-socket-ipv6.js';

/**
 * Opens IP protocol 112 on one device, of the family of the source address. `receive` gets every message that is for the
 * group or for the source address, also hostile ones. Throws an `IoError` when the environment refuses.
 */
export async function openVrrpSocket(
  options: VrrpPortOptions,
  receive: (message: VrrpMessage) => void,
): Promise<VrrpPort> {
  const raw = await loadRawSocket();
  const Cap = isIpv6(options.source) ? await loadCap() : undefined;
  try {
    return Cap === undefined
      ? new VrrpSocketIpv4(raw, options, receive)
      : new VrrpSocketIpv6({ raw, Cap }, options, receive);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new IoError(
      { code: /permitted|permission/i.test(text) ? 'missing-capability' : 'vrrp-socket' },
      /permitted|permission/i.test(text)
        ? `sending VRRP on ${options.device} needs the capability CAP_NET_RAW; run as root`
        : `cannot open a VRRP socket on ${options.device}: ${text}`,
      { cause },
    );
  }
}
