import { readFileSync } from 'node:fs';

import { IoError } from '../base/errors.js';
import { unreachable } from '../base/invariant.js';
import { silentLog, type Log } from '../base/log.js';
import { CarrierPool } from '../carriers/carrier-pool.js';
import { CarrierPort } from '../carriers/carrier-port.js';
import { DefaultCapacity } from '../core/connections.js';
import { placesFor } from '../core/flow-layout.js';
import type { Interface } from '../core/interfaces.js';
import type { FlowOffload } from '../core/offload.js';
import { KernelOffload, OffloadShare, tryOffload } from '../offload/kernel-offload.js';
import { OffloadPort } from '../offload/offload-port.js';
import type { MacAddress } from '../wire/ethernet.js';
import type { FrameBatch, Packet } from '../wire/packet.js';
import type { FramePort } from './frame-port.js';
import { loadLibc } from './libc.js';
import { loadCap } from './native.js';
import { tryPacketSocket } from './packet-socket.js';
import { openPcapPort } from './pcap-port.js';
import { RingDevice } from './ring-device.js';
import { RingHub } from './ring-hub.js';

/** The packet drivers that are chosen when none is asked for, the best first. */
export const AutomaticDrivers = ['offload', 'ring', 'pcap'] as const;
/** All packet drivers. `xdp` asks more of the network around than can be found out from here. */
export const DriverNames = [...AutomaticDrivers, 'xdp'] as const;
export type DriverName = (typeof DriverNames)[number];

/** A way for frames in and out: it opens a port on each interface of one data plane. */
export interface Driver {
  readonly name: DriverName;
  /** Why this one. */
  readonly reason: string;
  /** Who carries established connections: the kernel, or carriers in this process. */
  readonly offload?: FlowOffload;
  /** The carriers of the driver `ring`, where it has threads. */
  readonly carriers?: CarrierPool;
  /** Has `look` called with frames that wait together, before they are received one by one. Absent where each comes alone. */
  readonly foresee?: (look: (batch: FrameBatch) => void) => void;
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

async function ringDriver(reason: string, options: DriverOptions): Promise<Driver> {
  const { mostCarried = DefaultCarried, threads = NoThreads, log = silentLog } = options;
  const hub = new RingHub(await loadLibc());
  const carriers = new CarrierPool(hub, { places: placesFor(mostCarried), ...threads, log });
  return {
    name: 'ring',
    reason,
    offload: carriers,
    ...(threads.most === 0 ? {} : { carriers }),
    foresee: (look) => carriers.foresee(look),
    open: async (owner, receive, virtualMacs) =>
      new RingDevice(() => new CarrierPort(carriers, owner, receive, virtualMacs)),
  };
}

const NoThreads = { most: 0, isAlways: false } as const;

async function offloadDriver(
  name: 'offload' | 'xdp',
  reason: string,
  { mostCarried = DefaultCarried }: DriverOptions,
): Promise<Driver> {
  const hub = new RingHub(await loadLibc());
  const offload = new KernelOffload(hub.libc, mostCarried, HookOf[name]);
  hub.onQuiet = () => offload.handleQuiet();
  return {
    name,
    reason,
    offload,
    foresee: (look) => {
      hub.onBatch = look;
    },
    open: async (owner, receive, virtualMacs) =>
      new RingDevice(() => new OffloadPort({ hub, offload }, owner, receive, virtualMacs)),
  };
}

const HookOf = { offload: 'traffic', xdp: 'xdp' } as const;

/** The first of `AutomaticDrivers` that works on this machine, for this user, and why not one before it. */
export async function bestDriver(): Promise<Pick<Driver, 'name' | 'reason'>> {
  const withoutRing = await troubleWith('ring');
  if (withoutRing !== undefined) {
    return { name: 'pcap', reason: `ring does not work here: ${withoutRing}` };
  }
  const withoutOffload = await troubleWith('offload');
  return withoutOffload === undefined
    ? { name: 'offload', reason: 'the kernel can carry established connections' }
    : { name: 'ring', reason: `offload does not work here: ${withoutOffload}` };
}

/** What a driver may be told. */
export interface DriverOptions {
  /** The most connections that are carried. */
  readonly mostCarried?: number;
  /** Threads that carry besides the main one, with the driver `ring`, and whether they always do: none unless said. */
  readonly threads?: { readonly most: number; readonly isAlways: boolean } | undefined;
  readonly log?: Log;
}

const DefaultCarried = DefaultCapacity / OffloadShare;

/**
 * The driver of that name; `auto` is the best one. Throws an `IoError` when one that was asked for by name cannot be loaded.
 */
export async function chooseDriver(
  wanted: DriverName | 'auto',
  options: DriverOptions = {},
): Promise<Driver> {
  const { name, reason } =
    wanted === 'auto' ? await bestDriver() : { name: wanted, reason: 'asked for' };
  switch (name) {
    case 'offload':
    case 'xdp':
      return offloadDriver(name, reason, options);
    case 'ring':
      return ringDriver(reason, options);
    case 'pcap':
      return pcapDriver(reason);
    default:
      return unreachable(name);
  }
}

/** Why a driver does not work on this machine, for this user; undefined when it does. */
export async function troubleWith(driver: DriverName): Promise<string | undefined> {
  try {
    if (driver === 'pcap') await tryCapture();
    else tryPacketSocket(await loadLibc());
    if (driver === 'offload' || driver === 'xdp') tryOffload(await loadLibc(), HookOf[driver]);
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
