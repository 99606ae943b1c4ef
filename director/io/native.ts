import type { Cap } from 'cap';
import type koffi from 'koffi';
import type { RawSocketModule } from 'raw-socket';

import { IoError } from '../base/errors.js';

/** The foreign function interface, as the package has it. */
export type Koffi = typeof koffi;

/** The constructor of libpcap handles. */
export type CapConstructor = new () => Cap;

/**
 * Every libpcap handle there ever was. The binding leaves a closed handle in libuv's list of watchers, and one that could
 * not be opened is taken out of that list though it is not in it: either corrupts the heap when the handle is collected.
 * A closed handle keeps some hundred bytes.
 */
const handles: Cap[] = [];

/**
 * Loads the native packages when they are needed and not before, so that the CLI and the tests run on machines without
 * libpcap. `cap` and `raw-socket` load in the main thread only.
 */
export async function loadCap(): Promise<CapConstructor> {
  const module = await load('cap', () => import('cap'));
  return class extends module.default.Cap {
    constructor() {
      super();
      handles.push(this);
    }
  };
}

export async function loadRawSocket(): Promise<RawSocketModule> {
  const module = await load('raw-socket', () => import('raw-socket'));
  return module.default;
}

export async function loadKoffi(): Promise<Koffi> {
  const module = await load('koffi', () => import('koffi'));
  return module.default;
}

async function load<T>(name: string, importModule: () => Promise<T>): Promise<T> {
  try {
    return await importModule();
  } catch (cause) {
    throw new IoError(
      { code: 'native-module' },
      `the package ${name} does not load; run 'npm ci' with a C++ compiler and libpcap-dev installed`,
      { cause },
    );
  }
}
