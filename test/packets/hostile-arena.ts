import type { IpAddress } from '../../director/base/address.js';
import type { Prng } from '../../director/base/prng.js';
import { after, milliseconds, seconds, type Instant } from '../../director/base/time.js';
import { releaseAcknowledged, releaseOverdue, releaseSent } from '../../director/core/commit.js';
import { LocalOrigin } from '../../director/core/connections.js';
import { Verdict } from '../../director/core/counters.js';
import { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { isEntryOver } from '../../director/core/lifecycle.js';
import { AllEqual } from '../../director/core/precedence.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { SchedulerNames } from '../../director/core/schedulers/scheduler.js';
import { addressKey, markKey } from '../../director/core/service-table.js';
import {
  Method,
  PlainTunnel,
  type ServiceKey,
  type ServiceOptions,
  type TunnelSettings,
} from '../../director/core/services.js';
import { beginDoubt } from '../../director/core/take-over.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import { toWords } from '../../director/wire/address-words.js';
import { frameLengthOnLink } from '../../director/wire/offload.js';
import { Headroom, Packet } from '../../director/wire/packet.js';
import { at, ip, prefix } from '../base/values.js';
import { accountsOf, auditOf, idleKindsOf, MethodOf, type Offer } from './hostile-accounts.js';
import { sumOf, type Arriving } from './hostile-frames.js';
import {
  Clients,
  clientSide,
  Families,
  Kinds,
  LinkMacs,
  Ports,
  Servers,
  serverSide,
  Vip,
  type FamilyNumber,
  type Kind,
} from './hostile-seeds.js';

const Mtus = [1_500, 1_400];
const Mark = 7;
/** The number of a peer that tells of connections. */
const Peer = 3;
export const VirtualRouter = 51;
/** Less than the clients' possible connections, so that the table is full now and then. */
const Capacity = 48;
/** Less than the services that one client may talk to from its one port. */
const MostOfClient = 6;

const Tunnels = [
  { type: 'ipip', port: 0, checksum: 'none' },
  { type: 'gre', port: 0, checksum: 'none' },
  { type: 'gue', port: 6_080, checksum: 'none' },
  { type: 'gre', port: 0, checksum: 'full' },
  { type: 'gue', port: 6_080, checksum: 'remote' },
] as const;

/**
 * A director with services of all methods and protocols, in a world that changes its mind: addresses come and go, real
 * servers too, switches are turned, neighbours fall silent, and its clock runs. It looks at every frame that leaves.
 */
export class HostileArena {
  readonly director: Director;
  /** Frames that had to wait. */
  holds = 0;
  /** A copy of a frame that left not long ago, and by which link. */
  sample: Arriving | undefined;
  /** What is wrong with a frame that left. */
  #broken: string | undefined;
  #now: Instant = at(1_000);
  #sequence = 0;
  readonly #random: Prng;
  /** Not all frames that leave need to be seen here. */
  readonly #sampling: Prng;
  readonly #leaving: (link: number, packet: Packet) => void;
  readonly #links: readonly Interface[];
  readonly #offers: Offer[] = [];

  /** `leaving` is shown every frame that leaves, and by which link. */
  constructor(random: Prng, leaving: (link: number, packet: Packet) => void = () => {}) {
    this.#random = random;
    this.#sampling = random.split();
    this.#leaving = leaving;
    this.#links = [linkOf(0, 'clients', clientSide), linkOf(1, 'servers', serverSide)];
    this.director = new Director({
      interfaces: this.#links,
      gateways: [],
      capacity: Capacity,
      mostOfClient: MostOfClient,
      seed: random.uint32(),
      output: {
        send: (link, packet) => this.#inspect(link, packet),
        deliver: () => {},
      },
    });
    for (const family of Families) this.#addServices(family);
    for (const address of this.#addresses()) this.director.setLive(address, true);
  }

  /** Gives the director a frame and says what went wrong, if anything. */
  receive({ link, frame }: Arriving): string | undefined {
    return this.take(link, tightPacket(frame));
  }

  get now(): Instant {
    return this.#now;
  }

  /** The links, as the director knows them. */
  get links(): readonly Interface[] {
    return this.#links;
  }

  /** Gives the director a packet, wherever that lies, and says what went wrong, if anything. */
  take(link: number, packet: Packet): string | undefined {
    const { counters } = this.director;
    const arrival = this.#links[link];
    if (arrival === undefined) return 'a link that is not there';
    try {
      const verdict = processFrame(this.director, packet, arrival, this.#now);
      if (verdict === Verdict.hold) this.holds += 1;
    } catch (error) {
      return String(error);
    }
    let sum = counters.forwarded + counters.answered + counters.held;
    for (const count of counters.dropped) sum += count;
    if (counters.held < 0 || counters.received !== sum) return 'the counters are out of balance';
    return this.#broken;
  }

  /** Lets time pass. */
  wait(quarters: number): void {
    for (let step = 0; step < quarters; step += 1) {
      this.#now = after(this.#now, milliseconds(250));
      this.director.tick(this.#now);
    }
  }

  /** Every host answers who was asked for, and is known. */
  resolve(): void {
    const { neighbours } = this.director;
    for (const family of Families) {
      for (const last of [...Clients, ...Servers]) {
        const isServer = Servers.includes(last);
        const link = this.#links[isServer ? 1 : 0];
        const address = isServer ? serverSide(family, last) : clientSide(family, last);
        const { family: kind, words } = toWords(ip(address));
        const neighbour =
          neighbours.find(kind, words) ??
          (link === undefined ? undefined : neighbours.add(link, kind, words, this.#now));
        if (neighbour !== undefined) neighbours.confirm(neighbour, 0x0200, last, this.#now);
      }
    }
  }

  /** Changes something in the director's world. */
  disturb(): void {
    const random = this.#random;
    const { services, settings } = this.director;
    const offer = this.#offers[random.below(this.#offers.length)];
    const server = offer?.service.servers[random.below(3)];
    switch (random.below(8)) {
      case 0:
        for (const address of this.#addresses()) {
          this.director.setLive(address, random.below(8) > 0);
        }
        return;
      case 1:
        this.#turnSwitches();
        return;
      case 2:
        if (server !== undefined) services.removeServer(server);
        return;
      case 3:
        if (offer !== undefined) this.#addServers(offer);
        return;
      case 4:
        if (server !== undefined) {
          const { method } = server;
          const tunnel = this.#anyTunnel();
          services.editServer(server, { method, tunnel, weight: random.below(3) });
        }
        return;
      case 5:
        this.#setPool(random.below(4) > 0);
        return;
      case 6:
        this.#changeTunnels();
        return;
      default:
        settings.sync_threshold = [random.below(4), random.below(3)];
    }
  }

  /**
   * A turn of the node: what waits is told, some ends of connections by a peer, and sync messages leave and are acknowledged,
   * or not.
   */
  tellPeers(): void {
    const { commits, connections, sync } = this.director;
    const random = this.#random;
    this.#sequence += 1;
    sync.drain(connections, (index) => {
      const isTheirs = isEntryOver(this.director, index) && random.below(2) === 0;
      connections.markSynced(index, this.#now, isTheirs ? Peer : LocalOrigin);
      commits.told(index, this.#sequence);
    });
    if (random.below(4) > 0) releaseSent(this.director, this.#sequence, this.#now);
    if (random.below(4) > 0) releaseAcknowledged(this.director, this.#sequence, this.#now);
    commits.reach = (['none', 'sent', 'acked', 'acked'] as const)[random.below(4)] ?? 'none';
    commits.isHandingOver = random.below(8) === 0;
    this.director.standings = { ...AllEqual, hasMaster: random.below(4) > 0 };
    if (random.below(2) === 0) beginDoubt(this.director, this.#now);
    releaseOverdue(this.director, this.#now);
  }

  /** What does not agree between the table and the counts of real servers. */
  audit(): string | undefined {
    return auditOf(this.director, this.#offers);
  }

  /** Lets so much time pass that nothing is left, and says what is. */
  outlive(): string | undefined {
    // Templates end after their connections, and neighbours are asked more than once.
    for (let round = 0; round < 2; round += 1) {
      this.#now = after(this.#now, seconds(1_000));
      this.wait(20);
    }
    const { connections, counters } = this.director;
    if (connections.size > 0) return `${connections.size} connections do not expire`;
    if (counters.held > 0) return `${counters.held} frames wait for ever`;
    return this.audit();
  }

  /** All that is counted of services, servers and connections. */
  accounts(): unknown {
    return accountsOf(this.director, this.#offers, this.#now);
  }

  /** The kinds of services that have carried no packet from a client; of those whose replies pass here, none to one. */
  idleKinds(): Kind[] {
    return idleKindsOf(this.#offers);
  }

  #inspect(link: number, packet: Packet): void {
    if (this.#sampling.below(16) === 0) this.sample = { link, frame: packet.copy() };
    this.#broken ??= flawOf(packet, Mtus[link] ?? 0);
    this.#leaving(link, packet);
  }

  *#addresses(): Generator<ReturnType<typeof ip>> {
    for (const { address } of this.director.floating.values()) yield address;
  }

  #turnSwitches(): void {
    const { settings } = this.director;
    const random = this.#random;
    settings.backup_only = random.below(2);
    settings.am_droprate = 1 + random.below(20);
    settings.amemthresh = random.below(Capacity);
    settings.drop_entry = random.below(4);
    settings.drop_packet = random.below(8) === 0 ? 3 : random.below(2);
    settings.secure_tcp = random.below(4);
    settings.conn_reuse_mode = random.below(4);
    settings.expire_nodest_conn = random.below(2);
    settings.expire_quiescent_template = random.below(2);
    settings.nat_icmp_send = random.below(2);
    settings.pmtu_disc = random.below(2);
    settings.schedule_icmp = random.below(2);
    settings.sloppy_tcp = random.below(2);
    settings.sloppy_sctp = random.below(2);
    settings.sync_persist_mode = random.below(2);
    settings.sync_refresh_period = random.below(2);
  }

  #addServices(family: FamilyNumber): void {
    const { director } = this;
    const [clients, servers] = this.#links;
    if (clients === undefined || servers === undefined) return;
    director.addFloating(ip(serverSide(family, 254)), servers);
    director.addFloating(ip(serverSide(family, 50)), servers);
    for (const kind of Kinds) {
      const address = ip(clientSide(family, Vip[kind]));
      // Some live at the MAC address of their virtual router.
      const mac = kind === 'fullNat' ? virtualMac(family, VirtualRouter) : clients.mac;
      director.addFloating(address, clients, mac);
      if (kind === 'marked') {
        const { words } = toWords(address);
        const rule = { family, protocol: 0, words, firstPort: 0, lastPort: 65_535, mark: Mark };
        director.marks = [...director.marks, rule];
        const persistence = { timeout: 60, prefixLength: 24 };
        this.#add(kind, markKey(Mark, family), undefined, { persistence });
        continue;
      }
      const persistence = kind === 'persistent' ? { timeout: 9, prefixLength: 30 } : undefined;
      for (const [protocol, port] of Ports) {
        const isOnePacket = kind === 'onePacket' && protocol === 17;
        const commit = (['none', 'sent', 'acked'] as const)[this.#offers.length % 3] ?? 'none';
        const options = { persistence, isOnePacket, commit };
        this.#add(kind, addressKey(address, port, protocol), address, options);
      }
    }
    this.#setPool(true);
  }

  /** Gives FullNat local addresses, or takes them away. */
  #setPool(hasAny: boolean): void {
    const pool = hasAny ? [serverSide(4, 50), serverSide(6, 50)] : [];
    this.director.localEndpoints.setPool(pool.map((address) => ip(address)));
  }

  #add(kind: Kind, key: ServiceKey, address: IpAddress | undefined, options: ServiceOptions): void {
    const { director } = this;
    const name = SchedulerNames[this.#offers.length % SchedulerNames.length] ?? 'rr';
    const scheduler = createScheduler(name, { settings: director.settings, prng: director.prng });
    const service = director.addService(key, address, scheduler, options);
    if (service === undefined) return;
    this.#offers.push({ service, kind });
    this.#addServers({ service, kind });
  }

  /** The real servers behind tunnels are there by others from now on. */
  #changeTunnels(): void {
    for (const { service } of this.#offers.filter(({ kind }) => kind === 'tunnel')) {
      for (const server of service.servers) {
        const { method, weight } = server;
        const tunnel = this.#anyTunnel();
        this.director.services.editServer(server, { method, weight, tunnel });
      }
    }
  }

  #anyTunnel(): TunnelSettings {
    return Tunnels[this.#random.below(Tunnels.length)] ?? PlainTunnel;
  }

  /** The three real servers, those that the service does not have. */
  #addServers({ service, kind }: Offer): void {
    if (kind === 'empty') return;
    const method = MethodOf[kind];
    const isRewritten = method === Method.masq || method === Method.fullNat;
    const realPort = Ports.find(([protocol]) => protocol === service.protocol)?.[2] ?? 0;
    for (const [index, server] of Servers.entries()) {
      this.director.services.addServer(service, {
        address: ip(serverSide(service.family, server)),
        port: isRewritten ? realPort : service.port,
        method,
        weight: 1 + index,
        tunnel: this.#anyTunnel(),
        upperThreshold: index === 2 ? 8 : 0,
      });
    }
  }
}

function linkOf(
  index: number,
  name: string,
  addressOf: (family: FamilyNumber, last: number) => string,
): Interface {
  const view = new DataView(Uint8Array.from(LinkMacs[index] ?? []).buffer);
  return {
    index,
    name,
    mac: { high: view.getUint16(0), low: view.getUint32(2) },
    mtu: Mtus[index] ?? 1_500,
    addresses: [prefix(`${addressOf(4, 11)}/24`), prefix(`${addressOf(6, 17)}/64`)],
  };
}

/** A packet whose memory ends with the frame, so that whoever reads on beyond it fails. */
function tightPacket(frame: Uint8Array): Packet {
  const packet = new Packet(new ArrayBuffer(Headroom + frame.length));
  packet.load(frame);
  return packet;
}

/** What is wrong with a frame: its length, or its IP header's checksum or length. */
function flawOf(packet: Packet, mtu: number): string | undefined {
  const { view, start, end } = packet;
  const length = end - start - 14;
  const header = start + 14;
  if (length < 20) return `a frame with ${length} bytes of payload left`;
  const onLink = frameLengthOnLink(packet);
  if (onLink > mtu) return `${onLink} bytes left by a link of ${mtu}`;
  switch (view.getUint16(start + 12)) {
    case 0x0800: {
      const headerEnd = header + (view.getUint8(header) & 0x0f) * 4;
      if (view.getUint16(header + 2) !== length) return 'an IPv4 packet of a false length left';
      const sum = sumOf(view, header, headerEnd);
      return sum > 0 && sum % 0xffff === 0 ? undefined : 'an IPv4 header of a false checksum left';
    }
    case 0x86dd: {
      const isWhole = length >= 40 && view.getUint16(header + 4) === length - 40;
      return isWhole ? undefined : 'an IPv6 packet of a false length left';
    }
    case 0x0806:
      return length === 28 ? undefined : 'an ARP packet of a false length left';
    default:
      return 'a frame of an unknown type left';
  }
}
