import { assert } from '../base/invariant.js';
import { literalAddress, literalPrefix } from '../base/literal-address.js';
import { instant, type Instant } from '../base/time.js';
import { toWords } from '../wire/address-words.js';
import * as ethernet from '../wire/ethernet.js';
import { Protocol } from '../wire/ipv4.js';
import type { Packet } from '../wire/packet.js';
import * as tcp from '../wire/tcp.js';
import type { Director } from './director.js';
import type { Interface } from './interfaces.js';
import {
  stagePacket,
  writeQuestion,
  writeSegment,
  type Endpoint,
  type Ends,
  type Shape,
} from './rehearsal-frames.js';
import { TrafficStats } from './stats.js';

/**
 * The networks of the stage, of clients and of real servers. They are for documentation (RFC 5737, RFC 3849) or shared (RFC 6598), so
 * that what is played with them cannot be mistaken for anything real. Some are greater than 2^31 as a word and some are not: two
 * kinds of number for the engine.
 */
const Networks = {
  high: {
    client: '198.51.100.2',
    near: '198.51.100.1/24',
    server: '203.0.113.21',
    far: '203.0.113.1/24',
  },
  low: { client: '100.64.0.2', near: '100.64.0.1/24', server: '100.65.0.21', far: '100.65.0.1/24' },
  ipv6: {
    client: '2001:db8::2',
    near: '2001:db8::1/64',
    server: '2001:db8:1::21',
    far: '2001:db8:1::1/64',
  },
} as const;
const networks = Object.values(Networks);

const UnservedPort = 81;
const AllNodes: ethernet.MacAddress = { high: 0x3333, low: 1 };
/** What switches tell of themselves (LLDP). */
const LinkLayerDiscovery = 0x88cc;
const { syn, ack, fin, psh, rst } = tcp.Flag;
const ManyBytes = 2 ** 40;

/** A service of the stage: of TCP or UDP, by NAT or, `isRouted`, by direct routing. */
export interface Scene {
  readonly vip: string;
  readonly network: keyof typeof Networks;
  readonly isTcp: boolean;
  readonly isRouted?: true;
  /** Its connections wait until a peer knows them. */
  readonly isCommitted?: true;
}

/** The services. Every eighth connection is of IPv6: the engine leaves rare calls out of what is often used, and yet knows them. */
export const Scenes: readonly Scene[] = [
  { vip: '198.51.100.100', network: 'high', isTcp: true, isCommitted: true },
  { vip: '100.64.0.100', network: 'low', isTcp: true },
  { vip: '198.51.100.101', network: 'high', isTcp: false },
  { vip: '100.64.0.101', network: 'low', isTcp: true, isRouted: true, isCommitted: true },
  { vip: '198.51.100.102', network: 'high', isTcp: true },
  { vip: '100.64.0.102', network: 'low', isTcp: false },
  { vip: '198.51.100.103', network: 'high', isTcp: true, isRouted: true },
  { vip: '2001:db8::64', network: 'ipv6', isTcp: true },
];

/** What passes in one direction and then in the other: data, or control bits of TCP alone. */
interface Exchange {
  readonly flags: number;
  readonly hasData?: boolean;
  /** Who is first; the client, unless said. */
  readonly isByServer?: boolean;
}

const Beginning: readonly Exchange[] = [
  { flags: syn },
  { flags: ack },
  { flags: psh | ack, hasData: true },
  { flags: psh | ack, hasData: true },
];
/** Connections of TCP end in several ways, and those of UDP do not end. */
const Endings: readonly Exchange[] = [
  { flags: fin | ack },
  { flags: fin | ack, isByServer: true },
  { flags: rst | ack },
  { flags: rst, isByServer: true },
];
const Datagrams: readonly Exchange[] = [
  { flags: 0 },
  { flags: 0, hasData: true },
  { flags: 0, hasData: true, isByServer: true },
];

const Plain: Shape = { data: 0, isUnfinished: false };
/** Senders on a link of virtual machines leave checksums and segmentation to network cards, others do not. */
const Bare: readonly Shape[] = [{ data: 0, isUnfinished: true }, Plain];
const Filled: readonly Shape[] = [
  { data: 100, isUnfinished: true },
  { data: 1_000, isUnfinished: false },
  { data: 20_000, isUnfinished: true, segmentSize: 1_400 },
];
const FilledDatagrams = Filled.slice(0, 2);

const FirstPort = 1_024;
const Ports = 60_000;
/** Relatively prime to their number, so that ports come from everywhere and none comes twice. */
const PortStep = 23_609;

const Clients = link(
  0,
  'clients',
  networks.map(({ near }) => near),
);
const Servers = link(
  1,
  'servers',
  networks.map(({ far }) => far),
);
/** The interfaces of a director on the stage. */
export const StageLinks: readonly Interface[] = [Clients, Servers];

/** Where the real server of a scene listens, and at which port the scene's service does, too. */
export const serverOf = ({ network }: Scene): string => Networks[network].server;
export const StagePort = 80;

/**
 * Lets counters grow beyond the engine's small numbers, so that it keeps larger ones in all that are made from now on. Otherwise they
 * would change their kind after two gigabytes, and all code that counts with them.
 */
export function growCounters(): void {
  const stats = new TrafficStats();
  stats.countIn(ManyBytes);
  stats.countOut(ManyBytes);
}

/**
 * A director with a stage set: services, clients, real servers, and nobody who listens. It plays connections so that the engine has
 * compiled the packet path before the first real packet. Otherwise a node that takes over would meet the whole load of
 * its predecessor with code that is twenty times slower.
 *
 * What is played has to resemble what comes. The engine throws code away when it meets what has not happened before, a
 * number that is larger or a case that is new, and compiles it again later, on a processor that is needed for packets then.
 */
export class Rehearsal {
  readonly director: Director;
  now: Instant = instant(1_000_000);
  /** Who is given the frames: whoever has the director in hand. */
  receive: (packet: Packet, arrival: Interface) => void = () => {};
  readonly #packet = stagePacket();

  /** `director` is at the links of the stage, and has its services. */
  constructor(director: Director) {
    this.director = director;
    for (const { vip } of Scenes) {
      director.addFloating(literalAddress(vip), Clients);
      director.setLive(literalAddress(vip), true);
    }
    this.acquaint();
  }

  /** Makes the hosts known for some time, as if they had been asked. */
  acquaint(): void {
    for (const { client, server } of networks) {
      this.#know(Clients, client);
      this.#know(Servers, server);
    }
  }

  /** Plays one connection, the number of which tells it apart: what opens it, two exchanges, and the end. */
  play(connection: number): void {
    const { vip, network, isTcp, isRouted = false } = pick(Scenes, connection);
    const protocol = isTcp ? Protocol.tcp : Protocol.udp;
    const client = endpoint(Networks[network].client, portOf(connection));
    const server = endpoint(Networks[network].server, StagePort);
    const virtual = endpoint(vip, StagePort);
    const turn = Math.floor(connection / Scenes.length);
    const bare = pick(Bare, turn);
    const filled = pick(isTcp ? Filled : FilledDatagrams, turn);
    for (const exchange of isTcp ? [...Beginning, pick(Endings, turn)] : Datagrams) {
      const { flags, hasData = false, isByServer = false } = exchange;
      const shape = hasData ? filled : bare;
      const request = { protocol, source: client, destination: virtual, flags };
      const back = flags === syn ? syn | ack : flags;
      const answer = { protocol, source: server, destination: client, flags: back };
      for (const isRequest of [!isByServer, isByServer]) {
        // The answers of others take another way.
        if (isRequest) this.#arrive(Clients, request, shape);
        else if (!isRouted) this.#arrive(Servers, answer, shape);
      }
    }
  }

  /** Plays what every network has besides; none of these nine frames is forwarded. */
  disturb(number: number): void {
    const source = endpoint(Networks.high.client, portOf(number));
    const virtual = endpoint(pick(Scenes, 0).vip, StagePort);
    const stray = { protocol: Protocol.tcp, source, destination: virtual, flags: ack };
    const unserved = { ...stray, destination: { ...virtual, port: UnservedPort } };
    const shape = pick(Bare, number);
    const arrival = Clients;
    this.#arrive(arrival, unserved, shape);
    this.#arrive(arrival, { ...unserved, protocol: Protocol.udp }, shape);
    for (const protocol of [Protocol.icmp, Protocol.vrrp]) {
      this.#arrive(arrival, { ...stray, protocol }, Plain);
    }
    writeSegment(this.#packet, Servers.mac, stray, shape);
    this.#take(arrival);
    writeSegment(this.#packet, arrival.mac, stray, shape);
    this.#packet.end -= 1;
    this.#take(arrival);
    writeQuestion(this.#packet, source.words, virtual.words);
    this.#take(arrival);
    const neighbour = endpoint(Networks.ipv6.client, StagePort);
    const solicitation = { ...stray, source: neighbour, destination: neighbour };
    writeSegment(this.#packet, AllNodes, { ...solicitation, protocol: Protocol.icmpv6 }, shape);
    this.#take(arrival);
    ethernet.setType(this.#packet.view, this.#packet.start, LinkLayerDiscovery);
    this.#take(arrival);
  }

  #arrive(arrival: Interface, ends: Ends, shape: Shape): void {
    writeSegment(this.#packet, arrival.mac, ends, shape);
    this.#take(arrival);
  }

  #take(arrival: Interface): void {
    this.receive(this.#packet, arrival);
  }

  #know(owner: Interface, address: string): void {
    const { neighbours } = this.director;
    const { family, words } = toWords(literalAddress(address));
    const neighbour =
      neighbours.find(family, words) ?? neighbours.add(owner, family, words, this.now);
    assert(neighbour !== undefined, 'the table has room');
    neighbours.confirm(neighbour, 0x0200, 0x5e00_5302, this.now);
  }
}

const portOf = (connection: number): number => FirstPort + ((connection * PortStep) % Ports);

const endpoint = (address: string, port: number): Endpoint => ({
  ...toWords(literalAddress(address)),
  port,
});

function pick<T>(list: readonly T[], number: number): T {
  const item = list[number % list.length];
  assert(item !== undefined, 'the list is not empty');
  return item;
}

function link(index: number, name: string, prefixes: readonly string[]): Interface {
  return { index, name, mac: macOf(index), mtu: 1_500, addresses: prefixes.map(literalPrefix) };
}

function macOf(index: number): ethernet.MacAddress {
  return { high: 0x0200, low: 0x5e00_5310 + index };
}
