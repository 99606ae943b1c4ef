import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { parseAddress } from '../../director/base/address.js';
import { loadCap } from '../../director/io/native.js';
import { toWords } from '../../director/wire/address-words.js';
import * as ethernet from '../../director/wire/ethernet.js';
import * as ipv4 from '../../director/wire/ipv4.js';

/*
 * Opens UDP flows at a rate, with so many datagrams each: `DEVICE ROUTER-MAC VIP PORT COUNT PER-SECOND FIRST-CLIENT DATAGRAMS`.
 * They come from ever other ports of the first client and the next addresses, which nobody needs to have. Writes how many
 * seconds it took.
 */

const FirstPort = 1_024;
const PortsEach = 60_000;
const Udp = ethernet.HeaderLength + ipv4.MinimumHeaderLength;
const Length = 60;

const [device = '', routerMac = '', ...others] = process.argv.slice(2);
const [vip = '', port = '', count = '', perSecond = '', client = '', datagrams = ''] = others;
const router = ethernet.parseMac(routerMac);
const [service, first] = [parseAddress(vip), parseAddress(client)];
if (router === undefined || service === undefined || first === undefined) {
  throw new Error(`not addresses: ${routerMac}, ${vip} or ${client}`);
}

const Cap = await loadCap();
const cap = new Cap();
// libpcap captures as well as it sends; it is to capture as little as possible, into memory that stays alive.
const unused = Buffer.alloc(64);
cap.open(device, 'less 1', 64 * 1024, unused);

const frame = Buffer.alloc(Length);
const view = new DataView(frame.buffer, frame.byteOffset, Length);
ethernet.setDestination(view, 0, router.high, router.low);
ethernet.setSource(view, 0, 0x0200, 0x99);
ethernet.setType(view, 0, ethernet.EtherType.ipv4);
const destination = toWords(service).words[3] ?? 0;
const firstClient = toWords(first).words[3] ?? 0;

/** Without a checksum, which UDP allows. */
function open(flow: number): void {
  ipv4.write(view, ethernet.HeaderLength, {
    totalLength: Length - ethernet.HeaderLength,
    ttl: 64,
    protocol: ipv4.Protocol.udp,
    source: firstClient + Math.floor(flow / PortsEach),
    destination,
  });
  view.setUint16(Udp, FirstPort + (flow % PortsEach));
  view.setUint16(Udp + 2, Number(port));
  view.setUint16(Udp + 4, Length - Udp);
  for (let left = Number(datagrams); left > 0; left -= 1) cap.send(frame, Length);
}

const start = performance.now();
for (let flow = 0; flow < Number(count);) {
  const due = Math.floor(((performance.now() - start) * Number(perSecond)) / 1_000);
  for (const end = Math.min(Number(count), due); flow < end; flow += 1) open(flow);
  await sleep(1);
}
process.stdout.write(`${((performance.now() - start) / 1_000).toFixed(2)}\n`);
process.exit(unused.length === 64 ? 0 : 1);
