import { readIpvsMessage } from '../../cluster/sync/ipvs/reader.js';
import { writeIpvsMessage } from '../../cluster/sync/ipvs/writer.js';
import { Protocol } from './frame.js';
import type { MessageKind } from './messages.js';

/** IPVS counts on from here when it has several daemons (`sync_ports`), at most 64. */
const FirstPort = 8848;
const LastPort = FirstPort + 63;
const UdpHeader = 8;

/** Datagrams of IPVS's sync daemon. */
export const syncMessages: MessageKind = {
  name: 'IPVS sync messages',
  find({ bytes, header }) {
    const { protocol, destinationPort, payload, end } = header;
    const isSync = destinationPort >= FirstPort && destinationPort <= LastPort;
    if (protocol !== Protocol.udp || !isSync || payload + UdpHeader > end) return undefined;
    return bytes.subarray(payload + UdpHeader, end);
  },
  again(bytes) {
    const message = readIpvsMessage(bytes);
    return typeof message === 'string' ? message : writeIpvsMessage(message);
  },
};
