import { isIpv6, type IpAddress } from '../../director/base/address.js';

/** `address:port`, with brackets around IPv6. */
export const endpoint = (address: IpAddress, port: number): string =>
  isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
