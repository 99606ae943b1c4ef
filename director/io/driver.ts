import { readFileSync } from 'node:fs';

import { IoError } from '../base/errors.js';
import type { Interface } from '../core/interfaces.js';
import type { MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { FramePort } from './frame-port.js';
import { loadLibc } from './libc.js';
import { loadCap } from './native.js';
import { tryPacketSocket } from './packet-socket.js';
import { openPcapPort } from './pcap-port.js';
import { RingDevice } from './ring-device.js';
import { RingHub } from './ring-hub.js';
import { RingPort } from './ring-port.js';

/** The packet drivers there are, the best first. */
export const DriverNames = ['ring', 'pcap'] as const;
export type DriverName = (typeof DriverNames)[number];

/** A way for frames in and out: it opens a port on each interface of one data plane. */
export interface Driver {
  readonly name: DriverName;
  /** Why this one. */
  readonly reason: string;
  /**
   * Opens a port that sees what others send. `virtualMacs` are further MAC addresses that this node sends from. Throws an
   * `IoError` when the environment refuses.
   */
  open(
    owner: Interface,
    receive: (packet: Packet) => void,
    virtualMacs: readonly MacAddress[],
  ): Promise<FramePort>;
}

const pcapDriver = (reason: string): Driver => ({ name: 'pcap', reason, open: openPcapPort });

async function ringDriver(reason: string): Promise<Driver> {
  const hub = new RingHub(await loadLibc());
  return {
    name: 'ring',
    reason,
    open: async (owner, receive, virtualMacs) =>
      new RingDevice(() => new RingPort(hub, owner, receive, virtualMacs)),
  };
}

/**
 * The driver of that name; `auto` is `ring` where it works, else `pcap`. Throws an `IoError` when one that was asked for by
 * name cannot be loaded.
 */
export async function chooseDriver(wanted: DriverName | 'auto'): Promise<Driver> {
  if (wanted === 'pcap') return pcapDriver('asked for');
  if (wanted === 'ring') return ringDriver('asked for');
  const trouble = await troubleWith('ring');
  return trouble === undefined
    ? ringDriver('packet rings work here')
    : pcapDriver(`ring does not work here: ${trouble}`);
}

/** Why a driver does not work on this machine, for this user; undefined when it does. */
export async function troubleWith(driver: DriverName): Promise<string | undefined> {
  try {
    if (driver === 'ring') tryPacketSocket(await loadLibc());
    else await tryCapture();
    return undefined;
  } catch (error) {
    if (error instanceof IoError) return error.message;
    throw error;
  }
}

/** The bit of CAP_NET_RAW (capability(7)). */
const CapNetRaw = 13;

async function tryCapture(): Promise<void> {
  await loadCap();
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  if (((effective >> BigInt(CapNetRaw)) & 1n) !== 0n) return;
  const message = 'capturing needs the capability CAP_NET_RAW; run as root';
  throw new IoError({ code: 'missing-capability' }, message);
}
