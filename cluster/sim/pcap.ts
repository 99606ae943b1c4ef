import type { Packet } from '../../director/wire/packet.js';
import type { Channel } from './network/channel.js';
import type { World, WorldObserver } from './world.js';

const FileHeader = 24;
const RecordHeader = 16;
const EthernetLink = 1;
/** The longest frame that a reader has to expect. */
const SnapLength = 262_144;

/** What passes one cable, as its node sees it: what it sends and what reaches it. Writes a classic pcap file. */
export class PcapRecorder implements WorldObserver {
  readonly #world: World;
  readonly #channels: readonly Channel[];
  readonly #frames: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  /** `link`: `NODE.NETWORK`. */
  constructor(world: World, link: string) {
    this.#world = world;
    const cable = world.network.cables.find(({ node, network }) => `${node}.${network}` === link);
    this.#channels = cable === undefined ? [] : [cable.up, cable.down];
  }

  /** False when there is no such link. */
  get isOnLink(): boolean {
    return this.#channels.length > 0;
  }

  sent(channel: Channel, frame: Packet): void {
    if (channel.isUpward) this.#record(channel, frame);
  }

  delivered(channel: Channel, frame: Packet): void {
    if (!channel.isUpward) this.#record(channel, frame);
  }

  /** The file. */
  get file(): Uint8Array {
    const length = this.#frames.reduce((sum, { bytes }) => sum + RecordHeader + bytes.length, 0);
    const file = new Uint8Array(FileHeader + length);
    const view = new DataView(file.buffer);
    view.setUint32(0, 0xa1b2c3d4, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, SnapLength, true);
    view.setUint32(20, EthernetLink, true);
    let offset = FileHeader;
    for (const { at, bytes } of this.#frames) {
      view.setUint32(offset, Math.floor(at / 1_000_000), true);
      view.setUint32(offset + 4, at % 1_000_000, true);
      view.setUint32(offset + 8, bytes.length, true);
      view.setUint32(offset + 12, bytes.length, true);
      file.set(bytes, offset + RecordHeader);
      offset += RecordHeader + bytes.length;
    }
    return file;
  }

  #record(channel: Channel, frame: Packet): void {
    if (!this.#channels.includes(channel)) return;
    this.#frames.push({ at: this.#world.now, bytes: frame.copy() });
  }
}
