import type { IpAddress } from '../../../director/base/address.js';
import { literalAddress } from '../../../director/base/literal-address.js';
import { seconds } from '../../../director/base/time.js';
import { wrapMessage } from '../../../director/wire/vrrp-packet.js';
import type { VrrpInstanceConfig } from '../../config/vrrp-config.js';
import { advertisementTtl, encodeAdvertisement } from '../../vrrp/advertisement.js';
import { toCentiseconds } from '../../vrrp/timers.js';
import type { AdvertFlaw } from './fault.js';

/** Higher than that of any director, so that a master that believes it gives way. */
const Priority = 255;

/** The IP packet of an advertisement as the virtual router's own, but for one flaw that everybody has to see. */
export function forgeAdvert(
  flaw: AdvertFlaw,
  { virtualRouterId, version, advertInterval, virtualAddresses }: VrrpInstanceConfig,
  source: IpAddress,
): Uint8Array {
  const destination = groupAddress();
  // Version 2 knows whole seconds only.
  const interval = flaw === 'version' ? seconds(1) : advertInterval;
  const message = encodeAdvertisement(
    {
      virtualRouterId: flaw === 'router' ? (virtualRouterId % 255) + 1 : virtualRouterId,
      priority: Priority,
      intervalCentiseconds: toCentiseconds(interval),
      addresses: virtualAddresses.map(({ address }) => address),
    },
    source,
    destination,
    { version: flaw === 'version' ? otherVersion(version) : version, checksumAsV2: false },
  );
  if (flaw === 'checksum') message[6] = (message[6] ?? 0) ^ 0xff;
  const whole = flaw === 'length' ? message.subarray(0, message.length - 3) : message;
  const ttl = flaw === 'ttl' ? advertisementTtl - 1 : advertisementTtl;
  return wrapMessage(whole, { source, destination, ttl });
}

/** VRRP's group, where directors listen. */
export const groupAddress = (): IpAddress => literalAddress('224.0.0.18');

const otherVersion = (version: 2 | 3): 2 | 3 => (version === 2 ? 3 : 2);
