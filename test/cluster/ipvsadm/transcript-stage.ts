import type { IpvsadmAnswer } from '../../../cluster/ipvsadm/command.js';
import { readPortNames } from '../../../cluster/ipvsadm/port-names.js';
import { IpvsDaemons } from '../../../cluster/member/ipvs-daemons.js';
import { Replication } from '../../../cluster/member/replication.js';
import { SessionLink } from '../../../cluster/member/session-link.js';
import { runIpvsadm } from '../../../cluster/node/ipvsadm.js';
import { assert } from '../../../director/base/invariant.js';
import { after, seconds, type Instant } from '../../../director/base/time.js';
import { Verdict } from '../../../director/core/counters.js';
import { Director } from '../../../director/core/director.js';
import { processFrame } from '../../../director/core/input.js';
import type { Interface } from '../../../director/core/interfaces.js';
import { toWords } from '../../../director/wire/address-words.js';
import { parseMac, type MacAddress } from '../../../director/wire/ethernet.js';
import { Packet } from '../../../director/wire/packet.js';
import { at, ip, prefix } from '../../base/values.js';
import { buildFrame, type FrameSpec } from '../../packets/packet-builder.js';

/** The names of the transcript's ports, as /etc/services has them. */
const names = readPortNames(
  'http 80/tcp www\nhttps 443/tcp\nhttp-alt 8080/tcp\ndomain 53/udp\nsyslog 514/udp\n',
);

const Vips = ['10.0.0.100', 'fd00::100'].map(ip);
const Client = { mac: '02:00:00:00:00:02', ipv4: '10.0.0.2', ipv6: 'fd00::2' };
const RealServers = [
  ['02:00:00:00:00:21', '10.0.0.21', 'fd00::21'],
  ['02:00:00:00:00:22', '10.0.0.22', 'fd00::22'],
] as const;

function macOf(text: string): MacAddress {
  const mac = parseMac(text);
  assert(mac !== undefined, 'the stage names valid MAC addresses');
  return mac;
}

/** A director of the transcript: one interface, no session sync of its own, the sync daemons that ipvsadm starts. */
class StagedDirector {
  readonly address: string;
  readonly mac: string;
  readonly director: Director;
  readonly daemons: IpvsDaemons;
  readonly link: SessionLink;
  readonly #replication: Replication;
  readonly #owner: Interface;
  readonly #packet = new Packet();

  constructor(number: number, clock: () => Instant, sendDaemon: (bytes: Uint8Array) => void) {
    this.address = `10.0.0.1${number}`;
    this.mac = `02:00:00:00:00:1${number}`;
    this.#owner = {
      index: 0,
      name: 'eth0',
      mac: macOf(this.mac),
      mtu: 1_500,
      addresses: [prefix(`${this.address}/24`), prefix(`fd00::1${number}/64`)],
    };
    const output = { send: () => {} };
    this.director = new Director({ interfaces: [this.#owner], seed: 1, capacity: 4_096, output });
    this.daemons = new IpvsDaemons(this.director);
    const life = { node: `d${number}`, epoch: 1 };
    this.#replication = new Replication(this.director, clock, life);
    const ports = { send: () => {}, sendDaemon, other: () => {} };
    this.link = new SessionLink(this.director, this.#replication, undefined, ports, this.daemons);
    for (const vip of Vips) this.director.addFloating(vip, this.#owner);
    this.meetNeighbours(clock());
  }

  setMaster(isMaster: boolean): void {
    for (const vip of Vips) this.director.setLive(vip, isMaster);
  }

  receive(spec: FrameSpec, now: Instant): void {
    const ethernet = { source: Client.mac, destination: this.mac };
    this.#packet.load(buildFrame({ ethernet, ...spec }));
    const verdict = processFrame(this.director, this.#packet, this.#owner, now);
    assert(verdict === Verdict.forward, 'the director forwards what the client sends');
    this.link.turn(now);
  }

  ipvsadm(argv: readonly string[], now: Instant): IpvsadmAnswer {
    const { director, daemons } = this;
    const ownerOf = (index: number): string => this.#replication.originName(index) ?? 'local';
    const answer = runIpvsadm({ director, daemons, ownerOf }, argv, names, now);
    this.link.turn(now);
    return answer;
  }

  /** Gives the director the MAC addresses of all hosts, as if they had just answered. */
  meetNeighbours(now: Instant): void {
    const hosts = [[Client.mac, Client.ipv4, Client.ipv6] as const, ...RealServers];
    for (const [mac, ...addresses] of hosts) {
      for (const address of addresses) {
        const { family, words } = toWords(ip(address));
        const { neighbours } = this.director;
        const known = neighbours.find(family, words);
        const neighbour = known ?? neighbours.add(this.#owner, family, words, now);
        assert(neighbour !== undefined, 'there is room for the neighbours');
        neighbours.confirm(neighbour, macOf(mac).high, macOf(mac).low, now);
      }
    }
  }
}

export type StagedName = 'd1' | 'd2';

/** The two directors of the transcript, their client, and time. d1 has the addresses. */
export class TranscriptStage {
  #now: Instant = at(1_000);
  readonly #directors: Readonly<Record<StagedName, StagedDirector>>;
  /** Sync messages that are under way. */
  readonly #mail: { readonly from: StagedDirector; readonly bytes: Uint8Array }[] = [];
  #master: StagedName = 'd1';

  constructor() {
    const staged = (number: number): StagedDirector => {
      const send = (bytes: Uint8Array): void => void this.#mail.push({ from: one, bytes });
      const one = new StagedDirector(number, () => this.#now, send);
      return one;
    };
    this.#directors = { d1: staged(1), d2: staged(2) };
    this.#directors.d1.setMaster(true);
  }

  ipvsadm(node: StagedName, argv: readonly string[]): IpvsadmAnswer {
    return this.#directors[node].ipvsadm(argv, this.#now);
  }

  director(node: StagedName): Director {
    return this.#directors[node].director;
  }

  /** From now on the client's packets go there. */
  move(to: StagedName): void {
    this.#directors[this.#master].setMaster(false);
    this.#master = to;
    this.#directors[to].setMaster(true);
  }

  /** The client sends TCP segments, given by their control bits, from a port of its own to a port of the VIP. */
  tcp(from: number, to: number, ...segments: readonly string[]): void {
    for (const tcp of segments) {
      const spec = { from: `${Client.ipv4}:${from}`, to: `10.0.0.100:${to}`, tcp };
      this.#receive(tcp.includes('P') ? { ...spec, payload: 'x' } : spec);
    }
  }

  tcp6(from: number, to: number, ...segments: readonly string[]): void {
    for (const tcp of segments) {
      const spec = { from: `[${Client.ipv6}]:${from}`, to: `[fd00::100]:${to}`, tcp };
      this.#receive(tcp.includes('P') ? { ...spec, payload: 'x' } : spec);
    }
  }

  udp(from: number, to: number, datagrams = 1): void {
    for (let sent = 0; sent < datagrams; sent += 1) {
      const payload = 'x';
      this.#receive({ from: `${Client.ipv4}:${from}`, to: `10.0.0.100:${to}`, udp: {}, payload });
    }
  }

  /** Lets time pass, in steps of a quarter of a second. */
  wait(duration: number): void {
    for (let left = duration; left > 0; left -= 0.25) {
      this.#now = after(this.#now, seconds(0.25));
      for (const each of Object.values(this.#directors)) {
        each.meetNeighbours(this.#now);
        each.director.tick(this.#now);
        each.link.turn(this.#now);
      }
      this.#deliver();
    }
  }

  #receive(spec: FrameSpec): void {
    this.#directors[this.#master].receive(spec, this.#now);
    this.#deliver();
  }

  #deliver(): void {
    for (const { from, bytes } of this.#mail.splice(0)) {
      for (const each of Object.values(this.#directors)) {
        if (each === from) continue;
        each.daemons.handleDatagram(this.#now, bytes, ip(from.address));
        each.link.turn(this.#now);
      }
    }
  }
}
