import { parsePrefix, type AddressPrefix } from '../base/address.js';
import { assert } from '../base/invariant.js';
import { instant, type Instant } from '../base/time.js';
import { fromWords } from '../wire/address-words.js';
import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import { Packet } from '../wire/packet.js';
import * as tcp from '../wire/tcp.js';
import { Director } from './director.js';
import { processFrame } from './input.js';
import type { Interface } from './interfaces.js';
import { RoundRobin } from './schedulers/rr.js';
import { addressKey } from './service-table.js';
import { Method } from './services.js';

/** Documentation networks (RFC 5737): what is played with them cannot be mistaken for anything real. */
const ClientSide = { host: 0xc633_6402, director: 0xc633_6401, vip: 0xc633_6464 } as const;
const ServerSide = { director: 0xcb00_7101, server: 0xcb00_7115 } as const;
const Port = 80;
const FirstPort = 1_024;

const SegmentLength = ethernet.HeaderLength + ipv4.MinimumHeaderLength + 20;

/**
 * A director with a stage set: a Masq and a Route service, one client, one real server, and nobody who listens. It plays
 * connections so that the engine has compiled the packet path before the first real packet. Otherwise a node that takes
 * over would meet the whole load of its predecessor with code that is twenty times slower.
 */
export class Rehearsal {
  readonly director: Director;
  now: Instant = instant(1_000_000);
  readonly #clients = link(0, 'clients', prefixOf(ClientSide.director));
  readonly #servers = link(1, 'servers', prefixOf(ServerSide.director));
  readonly #packet = new Packet();

  constructor() {
    this.director = new Director({
      interfaces: [this.#clients, this.#servers],
      capacity: 8_192,
      seed: 1,
      settings: { sync_threshold: [3, 50] },
      output: { send: () => {} },
    });
    for (const [offset, method] of [
      [0, Method.masq],
      [1, Method.route],
    ] as const) {
      const vip = addressOf(ClientSide.vip + offset);
      this.director.addFloating(vip, this.#clients);
      const key = addressKey(vip, Port, ipv4.Protocol.tcp);
      const service = this.director.addService(key, vip, new RoundRobin(), { commit: 'acked' });
      assert(service !== undefined, 'the stage is empty before');
      const server = { address: addressOf(ServerSide.server), port: Port, method, weight: 1 };
      this.director.services.addServer(service, server);
      this.director.setLive(vip, true);
    }
    this.#know(this.#clients, ClientSide.host);
    this.#know(this.#servers, ServerSide.server);
  }

  /** Plays one connection, the number of which tells it apart: a handshake, two exchanges, and the end. */
  play(connection: number): void {
    const { syn, ack, fin, psh } = tcp.Flag;
    const vip = ClientSide.vip + (connection & 1);
    const isMasq = vip === ClientSide.vip;
    const port = FirstPort + (connection % 60_000);
    for (const flags of [syn, ack, psh | ack, psh | ack, fin | ack]) {
      this.#receive(this.#clients, [ClientSide.host, port, vip, Port], flags);
      if (!isMasq) continue;
      const back = flags === syn ? syn | ack : flags;
      this.#receive(this.#servers, [ServerSide.server, Port, ClientSide.host, port], back);
    }
  }

  #receive(
    arrival: Interface,
    ends: readonly [number, number, number, number],
    flags: number,
  ): void {
    const [source, sourcePort, destination, destinationPort] = ends;
    const packet = this.#packet;
    packet.clear();
    const { view, start } = packet;
    ethernet.setDestination(view, start, arrival.mac.high, arrival.mac.low);
    ethernet.setSource(view, start, 0x0200, 0x5e00_5301);
    ethernet.setType(view, start, ethernet.EtherType.ipv4);
    const network = start + ethernet.HeaderLength;
    const transport = network + ipv4.MinimumHeaderLength;
    const totalLength = SegmentLength - ethernet.HeaderLength;
    const fields = { totalLength, protocol: ipv4.Protocol.tcp, ttl: 64, source, destination };
    ipv4.write(view, network, fields);
    view.setUint32(transport + 12, 0);
    tcp.setHeaderLength(view, transport, 20);
    view.setUint8(transport + 13, flags);
    tcp.setSourcePort(view, transport, sourcePort);
    tcp.setDestinationPort(view, transport, destinationPort);
    packet.end = start + SegmentLength;
    processFrame(this.director, packet, arrival, this.now);
  }

  #know(owner: Interface, address: number): void {
    const { neighbours } = this.director;
    const neighbour = neighbours.add(owner, Family.ipv4, wordsOf(address), this.now);
    assert(neighbour !== undefined, 'the stage is empty before');
    neighbours.confirm(neighbour, 0x0200, 0x5e00_5302, this.now);
  }
}

const wordsOf = (address: number): Uint32Array => Uint32Array.of(0, 0, 0, address);
const addressOf = (address: number): ReturnType<typeof fromWords> =>
  fromWords(Family.ipv4, wordsOf(address), 0);

function prefixOf(address: number): AddressPrefix {
  const prefix = parsePrefix(`${addressOf(address)}/24`);
  assert(prefix !== undefined, 'the address of the stage is one');
  return prefix;
}

const link = (index: number, name: string, address: AddressPrefix): Interface => ({
  index,
  name,
  mac: { high: 0x0200, low: 0x5e00_5310 + index },
  mtu: 1_500,
  addresses: [address],
});
