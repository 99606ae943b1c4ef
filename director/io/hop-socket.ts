import { Buffer } from 'node:buffer';

import { addressFromBytes, type IpAddress } from '../base/address.js';
import { Failed, systemError, type Libc } from './libc.js';
import { MappedMemory } from './mapped-memory.js';

/** A datagram with how many routers it may have passed: its hop limit as it arrived. */
export interface HopDatagram {
  readonly bytes: Uint8Array;
  readonly source: IpAddress;
  /** 0 to 255; undefined when the kernel does not say. */
  readonly hopLimit: number | undefined;
}

const Domain = { ipv4: 2, ipv6: 10 };
/** SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC. */
const Datagram = 2 | 0o4000 | 0o2000000;
/** Level and name of the option that asks for hop limits, and the type under which they come. */
const HopOption = {
  ipv4: { level: 0, receive: 12, type: 2 },
  ipv6: { level: 41, receive: 51, type: 52 },
};
const OnlyIpv6 = { level: 41, name: 26 };

/** How many datagrams one turn reads. */
const MostAtOnce = 64;

/** Where the parts of a `msghdr` lie in our memory (recvmsg(2), 64-bit). */
const Place = { header: 0, vector: 64, name: 96, control: 128, data: 256 };
const Length = { name: 28, control: 128, data: 2_048 };
/** Offsets in a `msghdr`. */
const Header = { name: 0, nameLength: 8, vector: 16, vectors: 24, control: 32, controlLength: 40 };
/** A `cmsghdr`: its length, level and type; data follows. */
const ControlHeader = { length: 16, level: 8, type: 12 };

/** A UDP socket that receives with the hop limit of each datagram, which Node's own do not tell. */
export class HopSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #family: 'ipv4' | 'ipv6';
  readonly #memory: MappedMemory;
  readonly #view: DataView;
  readonly #receive: (datagram: HopDatagram) => void;
  readonly #watcher: ReturnType<Libc['koffi']['node']['poll']>;
  #isClosed = false;

  /** Receives everything that comes to a port. Throws an `IoError` when the kernel refuses it. */
  constructor(
    libc: Libc,
    family: 'ipv4' | 'ipv6',
    port: number,
    receive: (datagram: HopDatagram) => void,
  ) {
    this.#libc = libc;
    this.#family = family;
    this.#receive = receive;
    this.#fd = openBound(libc, family, port);
    this.#memory = new MappedMemory(libc, Place.data + Length.data);
    this.#view = new DataView(this.#memory.buffer);
    this.#watcher = libc.koffi.node.poll(this.#fd, { readable: true }, () => this.#read());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watcher.close();
    this.#libc.close(this.#fd);
    this.#memory.unmap();
  }

  #read(): void {
    for (let count = 0; count < MostAtOnce && !this.#isClosed; count += 1) {
      this.#prepare();
      const length = this.#libc.recvmsg(this.#fd, this.#memory.address + Place.header, 0);
      if (length === Failed) return;
      const source = this.#source();
      if (source === undefined) continue;
      const bytes = new Uint8Array(this.#memory.buffer, Place.data, length).slice();
      this.#receive({ bytes, source, hopLimit: this.#hopLimit() });
    }
  }

  /** Says where things are to be put; the kernel overwrites the lengths. */
  #prepare(): void {
    const view = this.#view;
    const pointer = (at: number, place: number): void =>
      view.setBigUint64(at, BigInt(this.#memory.address + place), true);
    pointer(Header.name, Place.name);
    view.setUint32(Header.nameLength, Length.name, true);
    pointer(Header.vector, Place.vector);
    view.setBigUint64(Header.vectors, 1n, true);
    pointer(Header.control, Place.control);
    view.setBigUint64(Header.controlLength, BigInt(Length.control), true);
    pointer(Place.vector, Place.data);
    view.setBigUint64(Place.vector + 8, BigInt(Length.data), true);
  }

  #source(): IpAddress | undefined {
    const [offset, length] = this.#family === 'ipv4' ? [4, 4] : [8, 16];
    return addressFromBytes(new Uint8Array(this.#memory.buffer, Place.name + offset, length));
  }

  /** Looks through the control messages. */
  #hopLimit(): number | undefined {
    const view = this.#view;
    const { level, type } = HopOption[this.#family];
    const end = Place.control + Number(view.getBigUint64(Header.controlLength, true));
    for (let at = Place.control; at + ControlHeader.length < end;) {
      const isIt =
        view.getInt32(at + ControlHeader.level, true) === level &&
        view.getInt32(at + ControlHeader.type, true) === type;
      if (isIt) return view.getInt32(at + ControlHeader.length, true);
      const length = Number(view.getBigUint64(at, true));
      at += Math.max(ControlHeader.length, (length + 7) & ~7);
    }
    return undefined;
  }
}

function openBound(libc: Libc, family: 'ipv4' | 'ipv6', port: number): number {
  const fd = libc.socket(Domain[family], Datagram, 0);
  if (fd === Failed) throw systemError(libc, 'opening a UDP socket');
  const { level, receive } = HopOption[family];
  const one = Buffer.alloc(4);
  one.writeUInt32LE(1);
  const address = Buffer.alloc(family === 'ipv4' ? 16 : 28);
  address.writeUInt16LE(Domain[family], 0);
  address.writeUInt16BE(port, 2);
  const isIpv6 = family === 'ipv6';
  const isDone =
    (!isIpv6 || libc.setsockopt(fd, OnlyIpv6.level, OnlyIpv6.name, one, 4) !== Failed) &&
    libc.setsockopt(fd, level, receive, one, 4) !== Failed &&
    libc.bind(fd, address, address.length) !== Failed;
  if (isDone) return fd;
  const error = systemError(libc, `binding UDP port ${port}`);
  libc.close(fd);
  throw error;
}
